package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

// offerPasskey makes what the merchant's page at the origin needs to ask for the card's Passkey; nil where the page
// did not ask, or the payment is verified in another way.
func (g *Gateway) offerPasskey(c *gin.Context, token ident.Token, origin string) (*wire.PasskeyOffer, error) {
	if origin == "" {
		return nil, nil
	}
	made, err := g.o.Verifications.BeginFromMerchant(c.Request.Context(), token, origin)
	switch {
	case errors.Is(err, verification.ErrNotNow), errors.Is(err, cardholder.ErrNoCredential):
		return nil, nil
	case err != nil:
		return nil, err
	}
	offer, err := passkeyOffer(made)
	if err != nil {
		return nil, err
	}
	offer.FrameURL = g.o.RelyingParty + "/passkey/" + string(made.Ref) + "?parent=" + url.QueryEscape(origin)
	return offer, nil
}

// passkeyOffer writes the request of the relying party as the wire does.
func passkeyOffer(made verification.Handed) (*wire.PasskeyOffer, error) {
	var r struct {
		Data struct {
			Challenge     string   `json:"challenge"`
			RPID          string   `json:"rpId"`
			CredentialIDs []string `json:"credentialIds"`
			Timeout       int64    `json:"timeout"`
			PayeeName     string   `json:"payeeName"`
			PayeeOrigin   string   `json:"payeeOrigin"`
			Instrument    struct {
				DisplayName string `json:"displayName"`
				Icon        string `json:"icon"`
				Details     string `json:"details"`
			} `json:"instrument"`
		} `json:"data"`
		Total struct {
			Amount struct {
				Currency string `json:"currency"`
				Value    string `json:"value"`
			} `json:"amount"`
		} `json:"total"`
	}
	if err := json.Unmarshal(made.SPC, &r); err != nil {
		return nil, fmt.Errorf("read the request of the relying party: %w", err)
	}
	return &wire.PasskeyOffer{
		RequestToken: made.Token, RPID: r.Data.RPID, CredentialIDs: r.Data.CredentialIDs, Challenge: r.Data.Challenge,
		PayeeName: r.Data.PayeeName, PayeeOrigin: r.Data.PayeeOrigin,
		Currency: r.Total.Amount.Currency, Value: r.Total.Amount.Value,
		DisplayName: r.Data.Instrument.DisplayName, Icon: r.Data.Instrument.Icon, Details: r.Data.Instrument.Details,
		Timeout: r.Data.Timeout, ExpiresAt: made.ExpiresAt,
	}, nil
}

// verifyPasskey is POST /API/CreditCard/PasskeyVerify: a merchant's page has asked for the Passkey of a card payment
// and hands back what the browser signed, or why it did not. The answer is that of the card payment: the result, or
// the page on which the payment goes on by code.
//
// A second call changes nothing: it is answered with how the payment stands.
func (g *Gateway) verifyPasskey(c *gin.Context, p posted) error {
	req, refusal := wire.ParsePasskeyVerify(p.inner, p.pos, g.o.Clock.Now())
	if refusal == nil && p.store.Status != member.Active {
		refusal = wire.Refuse(wire.TRAStoreClosed, "MerchantID_")
	}
	if refusal == nil {
		var err error
		if refusal, err = g.finishPasskey(c, p.store, req); err != nil {
			return err
		}
	}
	if refusal != nil {
		answer(c, wire.ChangeRefusal(refusal, req.RespondType))
	}
	return nil
}

// finishPasskey works an answer off. SECURITY: the order is one of the caller's own store, and the answer must be for
// the verification of just that order.
func (g *Gateway) finishPasskey(c *gin.Context, store member.Store, r *wire.PasskeyVerifyRequest) (*wire.Error, error) {
	ctx := c.Request.Context()
	t, err := g.o.Payments.ByOrderNo(ctx, store.ID, r.MerchantOrderNo)
	if err != nil {
		return cardRefusal(err)
	}
	web.NoteTradeNo(c, t.TradeNo)
	if r.Assertion != nil {
		err = g.o.Verifications.FinishFromMerchant(ctx, t.ID,
			cardholder.Answer{Token: r.RequestToken, Response: r.Assertion})
	} else {
		err = g.o.Verifications.FallBackFromMerchant(ctx, t.ID, verification.FellBack(r.FallBack))
	}
	if err != nil && !errors.Is(err, verification.ErrNotNow) && !errors.Is(err, verification.ErrNotFound) {
		return cardRefusal(err)
	}
	co, _, awaited, err := g.o.Verifications.Order(ctx, t.ID)
	switch {
	case err != nil:
		return nil, err
	case awaited != "":
		answer(c, wire.CardVerifyAnswer{RespondType: r.RespondType, Page: g.verifyPage(awaited)}.Body())
		return nil, nil
	case !co.Request.Server:
		return cardRefusal(payment.ErrNotFound)
	}
	return nil, g.answerCard(c, store, cardOutcome{co, r.RespondType})
}
