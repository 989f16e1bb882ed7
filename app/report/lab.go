package report

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
)

// LabStore is a store that has the Passkey lab, or may have it: one in test mode.
type LabStore struct {
	MerchantID string
	Name       string
	On         bool // the lab is on
	Passkey    bool // the store has Passkey服務; without it the lab asks for codes alone
}

// LabRun is the last run of a scenario.
type LabRun struct {
	Scenario   payment.LabScenario
	MerchantID string
	TradeNo    ident.TradeNo
	Status     payment.Status
	FellBack   string // why the Passkey was left; empty where it was not
	BegunAt    time.Time
	// Notice is what the merchant was told, decrypted and Masked; empty until it was.
	Notice []payment.Field
}

// Labs shows the Passkey lab.
type Labs interface {
	// LabStores lists the stores in test mode, by MerchantID.
	LabStores(ctx context.Context, s Scope) ([]LabStore, error)
	// LabRuns returns the last run of each scenario that was played.
	LabRuns(ctx context.Context, s Scope) ([]LabRun, error)
}
