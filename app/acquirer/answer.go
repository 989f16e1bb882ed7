package acquirer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// Statuses and error codes of the protocol.
const (
	statusApproved = "approved"
	statusDeclined = "declined"
	statusReversed = "reversed"
	codeUnknown    = "unknown_request"
)

// messageRunesMax is what the wire's Message holds (the provider's manual
// NDNF-1.1.9, Message String(50)).
const messageRunesMax = 50

var (
	idPattern       = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	codePattern     = regexp.MustCompile(`^[A-Z0-9]{2}$`)
	approvalPattern = regexp.MustCompile(`^[0-9]{6}$`)
	bankPattern     = regexp.MustCompile(`^[A-Za-z0-9]{0,10}$`)
	problemPattern  = regexp.MustCompile(`^[a-z_]{1,40}$`)
)

// wireAnswer is the bank's answer as it is sent. Foreign is a pointer to tell a
// missing field from a false one.
type wireAnswer struct {
	RequestID    string    `json:"request_id"`
	Status       string    `json:"status"`
	RespondCode  string    `json:"respond_code"`
	Message      string    `json:"message"`
	ApprovalCode string    `json:"approval_code"`
	Amount       money.TWD `json:"amount"`
	Bank         string    `json:"bank"`
	Issuer       string    `json:"issuer"`
	Foreign      *bool     `json:"foreign"`
	BonusPaid    money.TWD `json:"bonus_paid"`
}

func isID(s string) bool { return idPattern.MatchString(s) }

// printable keeps anything but an id out of errors.
func printable(id string) string {
	if !isID(id) {
		return "(malformed id)"
	}
	return id
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// decode reads the answer about a request. Its errors quote nothing that came.
func (x *exchange) decode(requestID string) (wireAnswer, error) {
	var w wireAnswer
	if err := decodeJSON(x.answer, &w); err != nil {
		return wireAnswer{}, err
	}
	if field := w.fault(requestID); field != "" {
		return wireAnswer{}, fmt.Errorf("%w: %s", errAnswer, field)
	}
	return w, nil
}

// fault names the first field that cannot be, empty when the answer is sound.
func (w wireAnswer) fault(requestID string) string {
	approved := w.Status == statusApproved
	switch {
	case w.RequestID != requestID:
		return "request_id"
	case !approved && w.Status != statusDeclined && w.Status != statusReversed:
		return "status"
	case !codePattern.MatchString(w.RespondCode) || approved != (w.RespondCode == "00"):
		return "respond_code"
	case approved != approvalPattern.MatchString(w.ApprovalCode), !approved && w.ApprovalCode != "":
		return "approval_code"
	case w.Amount < 0 || w.Amount > money.Max || w.Amount == 0 && w.Status != statusReversed:
		return "amount"
	case !bankPattern.MatchString(w.Bank) || approved && w.Bank == "":
		return "bank"
	case !bankPattern.MatchString(w.Issuer):
		return "issuer"
	case w.Foreign == nil:
		return "foreign"
	case w.BonusPaid < 0 || w.BonusPaid > w.Amount || !approved && w.BonusPaid != 0:
		return "bonus_paid"
	case utf8.RuneCountInString(w.Message) > messageRunesMax || !isText(w.Message):
		return "message"
	}
	return ""
}

// fits tells that the answer is about this payment. A request that was reversed
// before the bank saw it has no amount.
func (w wireAnswer) fits(req payment.AuthoriseRequest) bool {
	return (w.Amount == req.Amount || w.Status == statusReversed) && (w.BonusPaid == 0 || req.Bonus)
}

func isText(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (w wireAnswer) answer() payment.AuthoriseAnswer {
	return payment.AuthoriseAnswer{
		Approved: w.Status == statusApproved, RespondCode: w.RespondCode, Message: w.Message,
		ApprovalCode: w.ApprovalCode, Bank: w.Bank, Issuer: w.Issuer, Foreign: *w.Foreign, BonusPaid: w.BonusPaid,
	}
}

// problem is an answer other than 200.
type problem struct {
	status       int
	code         string
	notProcessed bool
}

// Error writes the HTTP status and the bank's code for it.
func (p problem) Error() string { return fmt.Sprintf("HTTP %d %s", p.status, p.code) }

// problem reads an error answer; one that cannot be read has no code and promises nothing.
func (x *exchange) problem() problem {
	var wire struct {
		Error        string `json:"error"`
		NotProcessed bool   `json:"not_processed"`
	}
	if err := decodeJSON(x.answer, &wire); err != nil || !problemPattern.MatchString(wire.Error) {
		return problem{status: x.status, code: "(unreadable)"}
	}
	return problem{status: x.status, code: wire.Error, notProcessed: wire.NotProcessed}
}

// outcome tells what an error answer to an authorisation means for the money.
func (x *exchange) outcome() error {
	p := x.problem()
	switch p.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusServiceUnavailable:
		if p.notProcessed {
			return payment.ErrNotSent
		}
	}
	return payment.ErrNoAnswer
}

// decodeJSON reads exactly one value; its error quotes nothing of the text.
func decodeJSON(text []byte, into any) error {
	if !utf8.Valid(text) {
		return errAnswer
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if d.Decode(into) != nil {
		return errAnswer
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errAnswer
	}
	return nil
}
