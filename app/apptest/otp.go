package apptest

import (
	"context"
	"regexp"
	"testing"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/verification"
)

// PassOTP does what a cardholder does who gets a one-time password and types it in: for
// tests of what comes after. It does nothing for a checkout that does not ask for one.
// The program's jobs may stand still.
func (a *App) PassOTP(t *testing.T, token ident.Token) {
	t.Helper()
	v, found, err := a.Verifications().Current(t.Context(), token)
	must(t, err)
	if !found || v.Step != verification.StepOTP {
		return
	}
	must(t, a.Verifications().EnterOTP(t.Context(), token, a.lastCode(t)))
}

// lastCode hands the messages that wait over to a phone of its own, and reads the last.
func (a *App) lastCode(t *testing.T) secret.String {
	t.Helper()
	cipher, err := fieldcrypt.New(a.keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: a.DatabaseURL, Cipher: cipher, MaxConnections: 1})
	must(t, err)
	defer db.Close()
	var id int64
	must(t, db.SQL().QueryRowContext(t.Context(),
		"SELECT id FROM text_messages WHERE state = 'pending' ORDER BY id DESC LIMIT 1").Scan(&id))
	phone := &reader{}
	codes := otp.New(otp.Options{
		Store: db.Codes(), Lockouts: db.Lockouts(), Keyed: cipher, Sender: phone, Clock: a.Clock, Host: "localhost",
	})
	must(t, codes.Deliver(t.Context(), id))
	return secret.New(sixDigits.FindString(phone.words))
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// reader is a phone that keeps the last message.
type reader struct{ words string }

// Send implements otp.Sender.
func (r *reader) Send(_ context.Context, m otp.Message) error {
	r.words = m.Words.Expose()
	return nil
}
