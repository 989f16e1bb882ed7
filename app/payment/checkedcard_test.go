package payment_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

func TestACheckedCardSurvivesItsSeal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, err := w.service.Check(t.Context(), w.open(nil), goodCard())
	must(t, err)
	var plain []byte
	sealed, err := c.Card.Seal(func(p []byte) ([]byte, error) {
		plain = p
		return bytes.Clone(p), nil
	})
	must(t, err)
	if len(bytes.Trim(plain, "\x00")) != 0 {
		t.Error("the plain text stays in memory")
	}
	opened, err := payment.OpenCard(sealed)
	if err != nil || !opened.Same(c.Card) || opened.PAN().Expose() != "4111111111111111" ||
		opened.Shown() != c.Card.Shown() {
		t.Errorf("opened %v, %v", opened, err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(format, c.Card)
		if strings.Contains(text, "4111111111111111") || strings.Contains(text, "小明") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	for _, text := range []string{"", "{}", "null", `{"pan":"x"}`} {
		if _, err := payment.OpenCard([]byte(text)); err == nil {
			t.Errorf("%q is a card", text)
		}
	}
	in := goodCard()
	in.CVC = secret.New("321")
	other, err := w.service.Check(t.Context(), w.open(nil), in)
	must(t, err)
	if other.Card.Same(c.Card) {
		t.Error("a corrected form counts as the same")
	}
}
