package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
)

// AddKey returns a keyset with one key more, for MEMBERZONE_KEYSET. A standby key only
// opens; else the new key seals from now on.
func AddKey(keyset secret.String, standby bool) (secret.String, error) {
	return fieldcrypt.AddKey(keyset, standby)
}

// PromoteKey returns a keyset whose newest key seals from now on.
func PromoteKey(keyset secret.String) (secret.String, error) { return fieldcrypt.Promote(keyset) }

// RotateOptions say on what `memberzone keys rotate` works.
type RotateOptions struct {
	DatabaseURL string
	Keyset      secret.String
	DryRun      bool
	Out         io.Writer // gets the counts
	Progress    io.Writer // gets a line that is redrawn; nil for none
}

// errLeft tells that older keys are needed still.
var errLeft = errors.New("keys rotate: older keys still seal something: run it again")

// RotateKeys seals everything anew that an older key of the keyset sealed, and writes
// what it did. It runs beside a server, and may be stopped and run again.
func RotateKeys(ctx context.Context, o RotateOptions) error {
	cipher, err := fieldcrypt.New(o.Keyset)
	if err != nil {
		return fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	if err := postgres.CheckSchema(ctx, o.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: o.DatabaseURL, Cipher: cipher})
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.Reseal(ctx, postgres.ResealOptions{DryRun: o.DryRun, Progress: o.draw()})
	if o.Progress != nil {
		_, _ = io.WriteString(o.Progress, clearLine)
	}
	left := o.tell(all)
	if err != nil {
		return err
	}
	cards, err := db.CardsUnderOldKeys(ctx)
	if err != nil {
		return err
	}
	o.conclude(left, cards, len(cipher.KeyIDs()))
	if left > 0 && !o.DryRun {
		return errLeft
	}
	return nil
}

// draw returns what shows the progress of one column in place.
func (o RotateOptions) draw() func(postgres.Resealed) {
	if o.Progress == nil {
		return nil
	}
	return func(r postgres.Resealed) {
		_, _ = fmt.Fprintf(o.Progress, clearLine+"%s.%s: %d of %d sealed anew", r.Table, r.Column, r.Done, r.Old)
	}
}

// clearLine goes to the start of a terminal's line and empties it (ECMA-48 EL).
const clearLine = "\r\x1b[K"

// tell writes a line for each column, and returns how many fields are left.
func (o RotateOptions) tell(all []postgres.Resealed) (left int64) {
	for _, r := range all {
		_, _ = fmt.Fprintf(o.Out, "%s.%s: %d sealed, %d by older keys, %d sealed anew, %d left\n",
			r.Table, r.Column, r.Sealed, r.Old, r.Done, r.Left)
		if r.Unreadable > 0 {
			_, _ = fmt.Fprintf(o.Out, "%s.%s: no key of the keyset opens %d fields, the first with id %d\n",
				r.Table, r.Column, r.Unreadable, r.UnreadableID)
		}
		left += r.Left
	}
	return left
}

// conclude says what older keys are still needed for.
func (o RotateOptions) conclude(left, cards int64, keys int) {
	switch {
	case keys == 1:
		_, _ = fmt.Fprintln(o.Out, "the keyset has one key: add another one with `memberzone keys add`")
	case left > 0:
		_, _ = fmt.Fprintf(o.Out, "older keys must stay in the keyset: they seal %d fields\n", left)
	default:
		_, _ = fmt.Fprintf(o.Out, "older keys seal nothing. They still find cards by number: %d of the vault, and those "+
			"of payments made before the present key. Remove one only to give that up\n", cards)
	}
}
