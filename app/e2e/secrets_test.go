package e2e_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/memberzone/memberzone/app/simulator/phone"
)

// typedCards are all card numbers that the tests have paid with so far.
var typedCards = struct {
	sync.Mutex
	numbers map[string]bool
}{numbers: map[string]bool{
	visa: true, declinedCard: true, lostCard: true, publishedCard: true,
}}

func noteCard(number string) {
	typedCards.Lock()
	defer typedCards.Unlock()
	typedCards.numbers[number] = true
}

// cardsTyped lists them.
func cardsTyped() (numbers []string) {
	typedCards.Lock()
	defer typedCards.Unlock()
	for number := range typedCards.numbers {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

// mustKeepNoSecret fails if a row of the database or a line of a log holds a card number, a
// security code or a one-time password. It runs when the program has ended, after all that
// people did with it.
func (o *outside) mustKeepNoSecret(t *testing.T) {
	t.Helper()
	sought := newSought(cardsTyped(), o.codesLeftOver(t))
	rows := o.dump(t)
	if len(rows) < 40 {
		t.Errorf("the dump has %d tables", len(rows))
	}
	for table, text := range rows {
		for _, found := range sought.in(text) {
			t.Errorf("table %s holds %s", table, found)
		}
	}
	for _, log := range o.logs {
		for _, found := range sought.in(log.String()) {
			t.Errorf("a log holds %s", found)
		}
	}
}

// codesLeftOver are the one-time passwords that phones got, without those that are an
// approval code of the bank's by chance.
func (o *outside) codesLeftOver(t *testing.T) (codes []string) {
	t.Helper()
	for _, m := range o.phone.Messages() {
		code := phone.CodeIn(m.Text)
		if code != "" && o.number(t, "SELECT count(*) FROM transactions WHERE auth_code = $1", code) == 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

// dump is every row of every table as text, by table. Bytes stand there in hexadecimal.
func (o *outside) dump(t *testing.T) map[string]string {
	t.Helper()
	names, err := o.db.Pool().Query(context.WithoutCancel(t.Context()), `
		SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	must(t, err)
	defer names.Close()
	rows := map[string]string{}
	for names.Next() {
		var name string
		must(t, names.Scan(&name))
		rows[name] = ""
	}
	must(t, names.Err())
	for name := range rows {
		rows[name] = o.word(t, fmt.Sprintf(`SELECT coalesce(string_agg(row::text, E'\n'), '') FROM %s AS row`, name))
	}
	return rows
}

// sought is what must not be found.
type sought struct {
	cards map[string]string // what is said of it, by how it may be written
	codes *regexp.Regexp
}

func newSought(cards, codes []string) sought {
	s := sought{cards: map[string]string{}}
	for i, card := range cards {
		said := fmt.Sprintf("card number %d of %d, which ends in %s", i+1, len(cards), card[len(card)-4:])
		for _, written := range waysToWrite(card) {
			s.cards[written] = said
		}
	}
	if len(codes) > 0 {
		// Somewhere in a longer number or word a code may stand by chance.
		s.codes = regexp.MustCompile(`(?:^|[^0-9A-Za-z])(` + strings.Join(codes, "|") + `)(?:[^0-9A-Za-z]|$)`)
	}
	return s
}

// waysToWrite are the forms that a number may have: plain, in groups, as bytes in
// hexadecimal, and within base64, where three other beginnings are possible.
func waysToWrite(number string) []string {
	ways := []string{number, hex.EncodeToString([]byte(number))}
	for _, gap := range []string{" ", "-", "+", "%20"} {
		ways = append(ways, strings.Join([]string{number[:4], number[4:8], number[8:12], number[12:]}, gap))
	}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("0", before) + number))
		ways = append(ways, encoded[(before*8+5)/6:len(encoded)-1])
	}
	return ways
}

var (
	// securityCode is a CVC beside its name.
	securityCode = regexp.MustCompile(`(?i)(?:cvc|cvv|security[-_ ]?code)[^0-9A-Za-z\n]{1,6}[0-9]{3,4}\b`)
	// Times and what a request took have as many digits as they happen to have.
	byChance = regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+|"(?:took|bytes)":[0-9]+`)
)

// in lists what is found in a text.
func (s sought) in(text string) (found []string) {
	for written, said := range s.cards {
		if strings.Contains(text, written) {
			found = append(found, said)
		}
	}
	if near := securityCode.FindString(text); near != "" {
		found = append(found, "a security code: "+near)
	}
	if s.codes != nil {
		text = byChance.ReplaceAllString(text, "")
		if at := s.codes.FindStringIndex(text); at != nil {
			found = append(found, "a one-time password: "+text[max(0, at[0]-60):min(len(text), at[1]+20)])
		}
	}
	return found
}

// TestTheScanFindsWhatItSeeks: every other test of the product rests on it that a secret
// in a row or a log would be found.
func TestTheScanFindsWhatItSeeks(t *testing.T) {
	t.Parallel()
	const card, code = "4111117777777770", "730164"
	s := newSought([]string{card}, []string{"100200", code})
	o := newOutside(t)
	for name, planted := range map[string]string{
		"in a job's arguments": `INSERT INTO river_job (kind, args, max_attempts, queue)
			VALUES ('x', '{"pan": "` + card + `"}', 1, 'q')`,
		"as bytes": `INSERT INTO sessions (token, data, expiry) VALUES ('x', 'card ` + card + `', now())`,
		"a code":   `INSERT INTO sessions (token, data, expiry) VALUES ('otp ` + code + `', '', now())`,
	} {
		if found := s.everywhere(o.dump(t)); len(found) != 0 {
			t.Errorf("before: %q", found)
		}
		tx, err := o.db.Pool().Exec(t.Context(), planted)
		must(t, err)
		if found := s.everywhere(o.dump(t)); tx.RowsAffected() != 1 || len(found) != 1 {
			t.Errorf("%s: found %q", name, found)
		}
		_, err = o.db.Pool().Exec(t.Context(), "DELETE FROM river_job")
		must(t, err)
		_, err = o.db.Pool().Exec(t.Context(), "DELETE FROM sessions")
		must(t, err)
	}
	for text, finds := range map[string]bool{
		`{"time":"2026-11-24T23:08:20.730164+08:00","took":730164,"path":"/x"}`: false,
		`{"msg":"code 730164"}`: true, `otp=730164&x`: true, `"trade_no":"26112473016400001"`: false, "ab730164": false,
		"4111 1177 7777 7770": true, "4111-1177-7777-7770": true, "411111******7770": false,
		base64.StdEncoding.EncodeToString([]byte(`{"pan":"` + card + `"}`)):  true,
		base64.StdEncoding.EncodeToString([]byte(`{"pan1":"` + card + `"}`)): true,
		base64.RawURLEncoding.EncodeToString([]byte(`{"p":"` + card + `"}`)): true,
		"card_no=x&cvc=123&y": true, `{"CVC":"987"}`: true, `"cvc":"[redacted]"`: false, "cvc_wrong": false,
	} {
		if found := s.in(text); (len(found) == 1) != finds {
			t.Errorf("in %s: found %q", text, found)
		}
	}
}

func (s sought) everywhere(dump map[string]string) (found []string) {
	for _, text := range dump {
		found = append(found, s.in(text)...)
	}
	return found
}
