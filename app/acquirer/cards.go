package acquirer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
)

const (
	codeUnknownCard = "unknown_card"
	nameRunesMax    = 50
)

var (
	_ otp.Issuer = (*Client)(nil)

	phonePattern = regexp.MustCompile(`^(\+[1-9][0-9]{7,14})?$`)
)

// CardOnFile implements otp.Issuer: the acquirer passes the question on to the card's
// issuer. The number travels in the body of a post, so that no log along the way has it
// in an address; nothing of it, and nothing of the answer, is in an error.
func (c *Client) CardOnFile(ctx context.Context, pan secret.PAN) (otp.OnFile, error) {
	body, err := json.Marshal(struct {
		PAN string `json:"pan"`
	}{pan.Expose()})
	if err != nil || pan.IsEmpty() {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w: malformed request", otp.ErrNoAnswer)
	}
	x := &exchange{method: http.MethodPost, path: "/v1/cards/lookup", body: body}
	if err := c.do(ctx, x); err != nil {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w: %w", otp.ErrNoAnswer, err)
	}
	if x.status == http.StatusNotFound && x.problem().code == codeUnknownCard {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w", otp.ErrUnknownCard)
	}
	if x.status != http.StatusOK {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w: %w", otp.ErrNoAnswer, x.problem())
	}
	// Pointers tell a missing field from an empty one: a bank that forgets to tell the
	// phone must not pass for one that holds none.
	var w struct {
		Phone     *string `json:"phone"`
		LastName  *string `json:"last_name"`
		FirstName *string `json:"first_name"`
	}
	if err := decodeJSON(x.answer, &w); err != nil {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w: %w", otp.ErrNoAnswer, err)
	}
	if w.Phone == nil || !phonePattern.MatchString(*w.Phone) || !isName(w.LastName) || !isName(w.FirstName) {
		return otp.OnFile{}, fmt.Errorf("acquirer: look a card up: %w: %w", otp.ErrNoAnswer, errAnswer)
	}
	return otp.OnFile{Phone: *w.Phone, LastName: *w.LastName, FirstName: *w.FirstName}, nil
}

func isName(s *string) bool {
	return s != nil && utf8.RuneCountInString(*s) <= nameRunesMax && isText(*s)
}
