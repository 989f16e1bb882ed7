package payment

import (
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/wire"
)

// escrowBank is EscrowBank of the wire for a 金流 store; it is empty for a 閘道
// store, which has its own contract.
const escrowBank = "HNCB"

// Result tells the merchant what became of a checkout that is finished (manual
// NDNF-1.1.9, result fields of a card payment).
func Result(c Checkout, store member.Store) wire.PaymentResult {
	t := c.Transaction
	r := wire.PaymentResult{
		Code: wire.Success, Message: "授權成功",
		Version: wire.Version(c.Request.Version), RespondType: wire.RespondType(c.Request.RespondType),
		MerchantID: store.MerchantID, Amt: int64(t.Amount), TradeNo: string(t.TradeNo), MerchantOrderNo: t.OrderNo,
		IP: t.PayerIP, PayTime: t.AuthorisedAt, RespondCode: t.RespondCode, Auth: t.AuthCode,
		Card6No: t.Card.First6, Card4No: t.Card.Last4, Exp: t.Card.Expiry,
		AuthBank: t.AcquirerBank, CardBank: t.IssuerBank, Inst: int64(t.Instalments),
		InstFirst: int64(t.InstalmentFirst), InstEach: int64(t.InstalmentEach), ECI: t.ECI,
		Bonus: t.PayType == PayBonus, RedAmt: int64(t.BonusPaid), PaymentMethod: t.PaymentMethod,
	}
	if store.Kind == member.Platform {
		r.EscrowBank = escrowBank
	}
	if t.Status != Failed {
		return r
	}
	r.PayTime, r.Code = t.FailedAt, wire.MPGFailed
	switch t.Failure {
	case FailedDeclined:
		r.Message = "拒絕交易_" + t.RespondMessage
	case FailedReversed:
		r.Message = "交易失敗_銀行未回覆，已取消授權"
	case FailedUnverified:
		r.Message = "交易失敗_持卡人驗證失敗"
	case FailedExpired:
		r.Code, r.Message = wire.MPGExpired, wire.MPGExpired.Message()
	}
	return r
}

// ResultForm is the body of the post that tells the merchant: the five fields
// of the wire, form-encoded. The same checkout always gives the same bytes.
func ResultForm(c Checkout, store member.Store) (string, error) {
	pairs, err := Result(c, store).Seal(store.WireKeys())
	if err != nil {
		return "", err
	}
	return wire.EncodeForm(pairs), nil
}
