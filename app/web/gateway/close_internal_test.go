package gateway

import (
	"errors"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
)

// standing is a transaction with all that Judge looks at.
type standing struct {
	transaction payment.Transaction
	operations  []payment.Operation
}

var authorisedAt = time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)

// standings are all combinations of status, pay type, and up to one operation of any kind and state.
func standings() (all []standing) {
	for _, status := range payment.Statuses {
		for _, payType := range payment.PayTypes {
			t := payment.Transaction{Amount: 1250, Status: status, PayType: payType}
			if status != payment.Pending && status != payment.Failed {
				t.AuthorisedAt = authorisedAt
			}
			for _, refunded := range []money.TWD{0, 300, 1000} {
				t.CapturedAmount, t.RefundedAmount = 1000, refunded
				all = append(all, standing{t, nil})
				for _, kind := range []payment.OperationKind{payment.Void, payment.Capture, payment.Refund} {
					for _, state := range []payment.OperationState{
						payment.Requested, payment.Sent, payment.Done, payment.Undone, payment.Refused,
					} {
						all = append(all, standing{t, []payment.Operation{{
							Kind: kind, State: state, Amount: 300, RequestedAt: authorisedAt,
							CloseDay: clock.DateOf(authorisedAt),
						}}})
					}
				}
			}
		}
	}
	return all
}

func TestEveryRefusalOfTheRulesHasItsCode(t *testing.T) {
	t.Parallel()
	used := map[payment.Action]map[fault.Code]bool{}
	for _, action := range payment.Actions {
		used[action] = map[fault.Code]bool{}
	}
	for _, s := range standings() {
		for _, action := range payment.Actions {
			for _, days := range []int{0, 1, 30, 100} {
				v := payment.Judge(action, s.transaction, s.operations, authorisedAt.AddDate(0, 0, days))
				for _, amount := range []money.TWD{0, 1, 300, 999, 1001, 1250, 1251} {
					if err := v.Check(amount, s.transaction); err != nil {
						f := fault.From(err)
						used[action][f.Code] = true
						if r := changeRefusal(action, s.transaction.PayType, f); r.Code == wire.ConnectionFault {
							t.Fatalf("%s of %+v: %s has no code", action, s, f.Code)
						}
					}
				}
			}
		}
	}
	for action, codes := range changeCodes {
		for code := range codes {
			if !used[action][code] {
				t.Errorf("%s has a code for %s, which never happens", action, code)
			}
		}
	}
}

func TestRefusalsThatDependOnMoreThanTheRule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		action  payment.Action
		payType payment.PayType
		fault   *fault.Fault
		code    wire.Code
		message string
	}{
		{payment.ActCapture, payment.PayUnionPay, payment.ErrWholeOnly, "TRA10031", "銀聯卡交易只接受全額請款"},
		{payment.ActCapture, payment.PayBonus, payment.ErrWholeOnly, "TRA10675", "紅利交易只接授全額請退款"},
		{payment.ActRefund, payment.PayInstalment, payment.ErrWholeOnly, "TRA10675", "紅利交易只接授全額請退款"},
		{payment.ActRefund, payment.PayInFull, payment.ErrOverRefundable, "TRA10036", "已超過剩餘可退款金額，請確認"},
		{payment.ActRefund, payment.PayInFull, payment.ErrWindowOver, "TRA10029", "請款超過授權日 90 天，已不得請(退)款"},
		{payment.ActVoid, payment.PayInFull, payment.ErrAmountZero, "TRA10003", "金額必須為數字"},
		{payment.ActVoid, payment.PayInFull, fault.From(errors.New("unknown")), "NOR1001", "連線異常"},
	} {
		got := changeRefusal(tt.action, tt.payType, tt.fault)
		if got.Code != tt.code || got.Message != tt.message {
			t.Errorf("%s, %s: %v, want %s %s", tt.action, tt.fault.Code, got, tt.code, tt.message)
		}
	}
}

func TestEveryFunctionOfCloseIsAnAction(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, action := range closeActions {
		told[closed(action, "live")] = true
	}
	if len(closeActions) != 4 || len(told) != 4 {
		t.Errorf("%d functions with %d messages", len(closeActions), len(told))
	}
}

func TestAVoidIsToldAsFarAsItIs(t *testing.T) {
	t.Parallel()
	for state, want := range map[payment.OperationState]wire.Code{
		payment.Done: wire.Success, payment.Requested: "TRA20001", payment.Refused: "TRA10051",
	} {
		if got, message := voided(payment.Operation{State: state}); got != want || message == "" {
			t.Errorf("%s: %s %s", state, got, message)
		}
	}
}
