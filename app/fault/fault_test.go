package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/memberzone/memberzone/app/fault"
)

func TestFaultSurvivesWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("duplicate key")
	taken := fault.New(fault.Conflict, "order_no_taken", "已存在相同的商店訂單編號")
	err := fmt.Errorf("open checkout: %w", taken.At("order_no").Because(cause))

	if got := fault.From(err); got.Kind != fault.Conflict || got.Field != "order_no" {
		t.Errorf("From = %+v", got)
	}
	if !errors.Is(err, taken) || !errors.Is(err, cause) {
		t.Error("the code or the cause was lost")
	}
	if errors.Is(err, fault.New(fault.Conflict, "other", "")) {
		t.Error("faults of different codes are equal")
	}
	if taken.Field != "" || taken.Unwrap() != nil {
		t.Error("At or Because changed the declared fault")
	}
}

func TestUnclassifiedErrorIsInternalAndHidesItsCause(t *testing.T) {
	t.Parallel()
	got := fault.From(errors.New("pq: password authentication failed"))
	if got.Kind != fault.Internal || got.Public != "系統發生錯誤，請稍後再試。" {
		t.Errorf("From = %+v", got)
	}
	if fault.From(nil) != nil {
		t.Error("nil became a fault")
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	if err := fault.Group(nil).OrNil(); err != nil {
		t.Errorf("an empty group is the error %v", err)
	}
	a := fault.New(fault.Invalid, "card_no_wrong", "卡號不正確").At("card_no")
	b := fault.New(fault.Invalid, "expiry_past", "卡片已過期").At("exp_month")
	err := fmt.Errorf("pay: %w", fault.Group{a, b}.OrNil())
	var group fault.Group
	if !errors.As(err, &group) || len(group) != 2 || !errors.Is(err, b) || fault.From(err) != a {
		t.Errorf("the group was lost: %v", err)
	}
}
