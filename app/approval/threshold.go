package approval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// Setting is what an owner sees of 覆核: the amount, and who can check.
type Setting struct {
	Threshold money.TWD // 0 for none
	Checkers  []account.Actor
}

// Setting returns the member's. It returns ErrEnterpriseOwner.
func (s *Service) Setting(ctx context.Context, owner account.Actor) (Setting, error) {
	if err := maySet(owner); err != nil {
		return Setting{}, err
	}
	var found Setting
	var err error
	if found.Threshold, err = s.Store.Threshold(ctx, owner.Member.ID); err != nil {
		return Setting{}, fmt.Errorf("read the amount of approvals: %w", err)
	}
	found.Checkers, err = s.able(ctx, owner.Member.ID)
	return found, err
}

// SetThreshold sets from which amount on another person is needed; 0 for none. What waits
// goes on waiting. It returns ErrNobody if nobody could check the owner's requests,
// ErrThreshold and ErrEnterpriseOwner.
func (s *Service) SetThreshold(ctx context.Context, owner account.Actor, by audit.By, from money.TWD) error {
	if err := maySet(owner); err != nil {
		return err
	}
	if from < 0 {
		return ErrThreshold
	}
	if from > 0 {
		able, err := s.able(ctx, owner.Member.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(able, func(a account.Actor) bool { return a.Account.ID != owner.Account.ID }) {
			return ErrNobody
		}
	}
	err := s.Store.Join(ctx, func(ctx context.Context, tx Tx) error {
		before, err := tx.SetThreshold(ctx, owner.Member.ID, from)
		if err != nil || before == from {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			By: by, At: s.Clock.Now(), Kind: audit.ApprovalThresholdSet, Subject: owner.Member.Code,
			Changes: []audit.Change{{Field: "覆核金額", Before: thresholdText(before), After: thresholdText(from)}},
		})
	})
	if err != nil {
		return fmt.Errorf("set the amount of approvals: %w", err)
	}
	return nil
}

func maySet(owner account.Actor) error {
	if owner.Account.Kind != account.Owner || owner.Member.Kind != member.Enterprise || owner.Viewing() {
		return ErrEnterpriseOwner
	}
	return nil
}

func thresholdText(from money.TWD) string {
	if from == 0 {
		return "不需要覆核"
	}
	return from.Display() + " 以上"
}

// Label is what an action is called.
func Label(a payment.Action) string {
	return map[payment.Action]string{
		payment.ActVoid: "取消授權", payment.ActCapture: "請款", payment.ActRefund: "退款",
	}[a]
}

// entry is the request's line in the audit log.
func (r Request) entry(kind audit.Kind, by audit.By, at time.Time) audit.Entry {
	by.Chain = int64(r.MemberID)
	return audit.Entry{
		By: by, At: at, Kind: kind, Subject: string(r.TradeNo), Changes: []audit.Change{
			{Field: "動作", After: Label(r.Action)}, {Field: "金額", After: r.Amount.Display()}, {Field: "申請人", After: r.Maker},
		},
	}
}
