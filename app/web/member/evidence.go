package member

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// Evidence finds what proves payments.
type Evidence interface {
	Of(ctx context.Context, id payment.ID) (evidence.Record, error)
}

// mountEvidence mounts what proves a payment, beneath its transaction.
func (p *pages) mountEvidence(site *web.Router) {
	site.GET(pathCardPage+view.EvidencePath, permit.CardTradePage.Gate(), p.downloadEvidence)
	site.POST(pathCardPage+view.EvidenceVerifyPath, permit.CardTradePage.Gate(), p.verifyEvidence)
}

// proven is what is known of a transaction's evidence. Broken tells of a proof that
// cannot even be read.
type proven struct {
	record evidence.Record
	raw    []byte
	bundle evidence.Bundle
	broken error
}

// evidenceOf reads what is kept of a transaction in the actor's scope. It returns
// evidence.ErrNone.
func (p *pages) evidenceOf(ctx context.Context, d report.Detail) (e proven, err error) {
	if e.record, err = p.Evidence.Of(ctx, d.Transaction.ID); err != nil {
		return proven{}, err
	}
	if e.record.Proof != nil {
		e.raw, e.bundle, e.broken = e.record.Bundle()
	}
	return e, nil
}

// evidenceSection is the part of the transaction's page.
func (p *pages) evidenceSection(ctx context.Context, d report.Detail) (view.EvidenceSection, error) {
	e, err := p.evidenceOf(ctx, d)
	if errors.Is(err, evidence.ErrNone) {
		return presentNoEvidence(d), nil
	}
	if err != nil {
		return view.EvidenceSection{}, err
	}
	return presentEvidence(e), nil
}

// downloadEvidence answers GET /member/sales/credit-cards/{trade_no}/evidence with the
// bundle. Without an entry in the audit log nothing leaves.
func (p *pages) downloadEvidence(c *gin.Context) error {
	d, err := p.findCard(c)
	if err != nil {
		return err
	}
	e, err := p.evidenceOf(c.Request.Context(), d)
	switch {
	case err != nil:
		return err
	case e.record.Proof == nil:
		return evidence.ErrNone
	case e.broken != nil:
		return e.broken
	}
	no := string(d.Transaction.TradeNo)
	if !showsNothing(c) {
		err = p.Audit.Record(c.Request.Context(), audit.Entry{
			By: web.By(c), At: p.Clock.Now(), Kind: audit.EvidenceDownloaded, Subject: no,
			Changes: []audit.Change{{Field: "SHA-256", After: e.bundle.Fingerprint()}},
		})
		if err != nil {
			return err
		}
	}
	c.Header("Content-Type", "application/json")
	c.Header("Content-Disposition", `attachment; filename="passkey-evidence-`+no+`.json"`)
	c.Header("Content-Length", strconv.Itoa(len(e.raw)))
	c.Status(http.StatusOK)
	if showsNothing(c) {
		return nil
	}
	_, err = c.Writer.Write(e.raw)
	return err
}

// verifyEvidence answers POST …/evidence/verify: the transaction's page with what a fresh
// check of the proof says.
func (p *pages) verifyEvidence(c *gin.Context) error {
	return p.showCard(c, func(page *view.CreditCardDetailPage, d report.Detail) error {
		e, err := p.evidenceOf(c.Request.Context(), d)
		switch {
		case err != nil:
			return err
		case e.record.Proof == nil:
			return evidence.ErrNone
		}
		if err = e.broken; err == nil {
			_, err = e.bundle.Confirm()
		}
		page.Evidence.Result = ui.Notice{
			Tone: ui.ToneGood, Title: "驗證通過",
			Text: timeText(p.Clock.Now()) + " 重新驗證：簽章、公開金鑰與當時凍結的付款內容相符，一個位元組都沒有更動。",
		}
		if err != nil {
			p.Server.LogError(c, err)
			page.Evidence.Result = ui.Notice{
				Tone: ui.ToneBad, Title: "驗證不通過",
				Text: timeText(p.Clock.Now()) + " 重新驗證：保存的證據與簽章不符，可能遭到更動。請聯絡客服中心，勿以此作為佐證。",
			}
		}
		return nil
	})
}
