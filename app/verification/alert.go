package verification

import (
	"context"
	"errors"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// distrustBy is what a refusal of the relying party says against a Passkey, Trusted for
// nothing.
func distrustBy(err error) cardholder.Distrust {
	switch {
	case errors.Is(err, cardholder.ErrCloned):
		return cardholder.Cloned
	case errors.Is(err, cardholder.ErrBackupFlag):
		return cardholder.BackupChanged
	}
	return cardholder.Trusted
}

// alert tells of a Passkey that is trusted no more: in the log, in the transaction's
// history, and to whoever counts.
func (s *Service) alert(ctx context.Context, v Verification, cause error) error {
	why := distrustBy(cause)
	if why == cardholder.Trusted {
		return nil
	}
	if s.o.Distrusted != nil {
		s.o.Distrusted(why)
	}
	var no ident.TradeNo
	err := s.change(ctx, v, func(ctx context.Context, h *held) error {
		no = h.checkout.Transaction.TradeNo
		return h.note(ctx, payment.EventPasskeyDistrusted, string(why))
	})
	s.o.Log.WarnContext(ctx, "a passkey is trusted no more", "reason", string(why), "trade_no", string(no),
		"verification", v.ID, "error", cause)
	return err
}
