package postgres

import (
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

type transactionRecord struct {
	ID              int64
	MemberID        int64
	StoreID         int64
	TradeNo         string
	OrderNo         string
	ItemDesc        string
	Amount          int64
	Status          string
	PayType         string
	Verification    string
	ThreeD          bool
	TokenBind       bool
	TokenCharge     bool
	Eci             string
	CreatedAt       time.Time
	AuthorisedAt    *time.Time
	CapturedAt      *time.Time
	RefundedAt      *time.Time
	SettledAt       *time.Time
	FailedAt        *time.Time
	FailureReason   *string
	CapturedAmount  int64
	RefundedAmount  int64
	TxInstalments   int
	InstalmentFirst int64
	InstalmentEach  int64
	BonusPaid       int64
	Brand           *string
	CardFirst6      string
	CardLast4       string
	CardExpiry      string
	RespondCode     string
	RespondMessage  string
	AuthCode        string
	AcquirerBank    string
	IssuerBank      string
	PaymentMethod   string
	PayerIP         string
	ExpiresAt       *time.Time
}

const transactionColumns = `t.id, t.member_id, t.store_id, t.trade_no, t.order_no, t.item_desc, t.amount, t.status,
	t.pay_type, t.verification, t.three_d, t.token_bind, t.token_charge, t.eci, t.created_at, t.authorised_at,
	t.captured_at, t.refunded_at, t.settled_at, t.failed_at, t.failure_reason, t.captured_amount, t.refunded_amount,
	t.instalments AS tx_instalments, t.instalment_first, t.instalment_each, t.bonus_paid, t.brand, t.card_first6,
	t.card_last4, t.card_expiry, t.respond_code, t.respond_message, t.auth_code, t.acquirer_bank, t.issuer_bank,
	t.payment_method, t.payer_ip, t.expires_at`

func (r transactionRecord) transaction() payment.Transaction {
	return payment.Transaction{
		ID: payment.ID(r.ID), MemberID: member.ID(r.MemberID), StoreID: member.StoreID(r.StoreID),
		TradeNo: ident.TradeNo(r.TradeNo), OrderNo: r.OrderNo, ItemDesc: r.ItemDesc, Amount: money.TWD(r.Amount),
		Status: payment.Status(r.Status), PayType: payment.PayType(r.PayType),
		Verification: payment.Verification(r.Verification), ThreeD: r.ThreeD,
		TokenBind: r.TokenBind, TokenCharge: r.TokenCharge, ECI: r.Eci,
		CreatedAt: r.CreatedAt, AuthorisedAt: timeOf(r.AuthorisedAt), CapturedAt: timeOf(r.CapturedAt),
		RefundedAt: timeOf(r.RefundedAt), SettledAt: timeOf(r.SettledAt), FailedAt: timeOf(r.FailedAt),
		Failure:        payment.FailureReason(textOf(r.FailureReason)),
		CapturedAmount: money.TWD(r.CapturedAmount), RefundedAmount: money.TWD(r.RefundedAmount),
		Instalments: r.TxInstalments, InstalmentFirst: money.TWD(r.InstalmentFirst),
		InstalmentEach: money.TWD(r.InstalmentEach), BonusPaid: money.TWD(r.BonusPaid),
		Card: payment.Card{
			Brand: payment.Brand(textOf(r.Brand)), First6: r.CardFirst6, Last4: r.CardLast4, Expiry: r.CardExpiry,
		},
		RespondCode: r.RespondCode, RespondMessage: r.RespondMessage, AuthCode: r.AuthCode,
		AcquirerBank: r.AcquirerBank, IssuerBank: r.IssuerBank, PaymentMethod: r.PaymentMethod, PayerIP: r.PayerIP,
	}
}

type checkoutRecord struct {
	Version       string
	RespondType   string
	Language      string
	Comment       string
	Email         string
	EmailFixed    bool
	ReturnURL     string
	NotifyURL     string
	ClientBackURL string
	InFull        bool
	Instalments   intArray
	Bonus         bool
	Major         bool
	Amex          bool
	P3d           bool
	ByServer      bool
}

const checkoutColumns = `c.version, c.respond_type, c.language, c.comment, c.email, c.email_fixed, c.return_url,
	c.notify_url, c.client_back_url, c.in_full, c.instalments, c.bonus, c.major, c.amex, c.p3d, c.by_server`

// request maps the record, with the time limit that stands in the transaction's row.
func (r checkoutRecord) request(t transactionRecord) payment.Request {
	return payment.Request{
		Version: r.Version, RespondType: r.RespondType, Language: r.Language, Comment: r.Comment,
		Email: r.Email, EmailFixed: r.EmailFixed, ReturnURL: r.ReturnURL, NotifyURL: r.NotifyURL,
		ClientBackURL: r.ClientBackURL, InFull: r.InFull, Instalments: r.Instalments, Bonus: r.Bonus,
		Major: r.Major, Amex: r.Amex, P3D: r.P3d, Server: r.ByServer, ExpiresAt: timeOf(t.ExpiresAt),
	}
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
