package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// VerifyOptions say how the cost of verifying a cardholder is measured.
type VerifyOptions struct {
	Checks    int // in a round
	Rounds    int
	IconBytes int // of the card's picture, which is signed and kept; in base64 a third more
	Progress  io.Writer
}

// VerifyCost is what verifying one cardholder costs, in CPU time.
type VerifyCost struct {
	Bare     Sample // crypto/ecdsa.VerifyASN1, P-256: the limit
	SPC      Sample // FinishPayment of an SPC answer, but for the database
	WebAuthn Sample // FinishPayment of a plain answer, but for the database
	Evidence Sample // VerifyEvidence of an SPC payment
	Begin    Sample // BeginPayment, but for the database
	Answer   int    // bytes of an SPC answer
}

// OverLimit is how many bare checks one SPC verification costs.
func (c VerifyCost) OverLimit() float64 { return c.SPC.Least() / c.Bare.Least() }

// The parties of the measured payments, as a browser knows them.
const (
	verifyRP       = "https://pay.memberzone.example"
	verifyCheckout = "https://checkout.memberzone.example"
	verifyCard     = 1
	verifySubject  = 1
)

// payer is a cardholder with a passkey before the running relying party, which keeps
// its rows in memory.
type payer struct {
	service *cardholder.Service
	key     *passkeytest.Authenticator
	icon    string
}

// Verify measures one verification of a cardholder beside the bare check of a P-256
// signature, in turns: the requests, frozen and asked for, the answers, strictly read,
// compared and verified, and what is written back, in memory.
func Verify(ctx context.Context, o VerifyOptions) (VerifyCost, error) {
	service, err := cardholder.New(cardholder.Options{
		Origin: verifyRP, Name: "Memberzone", Store: &passkeytest.Cards{}, Clock: clock.System{},
	})
	if err != nil {
		return VerifyCost{}, fmt.Errorf("set the relying party up: %w", err)
	}
	p := payer{service: service, key: passkeytest.New(verifyRP)}
	p.icon = "data:image/png;base64," + base64.StdEncoding.EncodeToString(make([]byte, o.IconBytes))
	if err := p.bind(ctx); err != nil {
		return VerifyCost{}, err
	}
	var cost VerifyCost
	_, _ = fmt.Fprintf(o.Progress, "%d rounds of %d payments, each signed first\n", o.Rounds, o.Checks)
	for range o.Rounds {
		if err := ctx.Err(); err != nil {
			return VerifyCost{}, err
		}
		if err := p.round(ctx, &cost, o.Checks); err != nil {
			return VerifyCost{}, err
		}
	}
	return cost, nil
}

// bind makes the passkey.
func (p payer) bind(ctx context.Context) error {
	c, err := p.service.BeginRegistration(ctx, cardholder.Registration{
		Subject: verifySubject, CardID: verifyCard, Name: "Visa •••• 1111", DisplayName: "Visa", Origin: verifyRP,
	})
	if err != nil {
		return err
	}
	response, err := p.key.Create(c.Options)
	if err != nil {
		return err
	}
	made, err := p.service.VerifyRegistration(ctx, verifySubject, cardholder.Answer{Token: c.Token, Response: response})
	if err != nil {
		return err
	}
	_, err = p.service.StoreRegistration(ctx, verifyCard, made, cardholder.Facts{})
	return err
}

func (p payer) begin(ctx context.Context, origin string) (cardholder.PaymentCeremony, error) {
	return p.service.BeginPayment(ctx, cardholder.PaymentRequest{
		Subject: verifySubject, CardID: verifyCard, TradeNo: "26112412000000001", Origin: origin,
		Payee: cardholder.Payee{Name: "大安選物", Origin: "https://shop.example"}, Amount: money.TWD(1250),
		Instrument: cardholder.Instrument{
			DisplayName: "國泰世華 CUBE 卡", Icon: p.icon, Details: "Visa •••• 1111",
		},
	})
}

// round measures each in turn.
func (p payer) round(ctx context.Context, cost *VerifyCost, checks int) error {
	spc, err := p.answers(ctx, checks, cardholder.SPC)
	if err != nil {
		return err
	}
	plain, err := p.answers(ctx, checks, cardholder.WebAuthn)
	if err != nil {
		return err
	}
	cost.Answer = len(spc[0].Response)
	bare, err := bareChecks(spc)
	if err != nil {
		return err
	}
	good, public := 0, p.key.PublicKey()
	cost.Bare.add(cpu(func() {
		for _, c := range bare {
			if ecdsa.VerifyASN1(public, c.digest[:], c.signature) {
				good++
			}
		}
	}), checks)
	if good != checks {
		return errors.New("a good signature does not verify")
	}
	var proved []cardholder.Evidence
	if proved, err = p.finish(ctx, &cost.SPC, spc); err != nil {
		return err
	}
	if _, err = p.finish(ctx, &cost.WebAuthn, plain); err != nil {
		return err
	}
	cost.Evidence.add(cpu(func() {
		for _, e := range proved {
			err = errors.Join(err, cardholder.VerifyEvidence(e))
		}
	}), checks)
	if err != nil {
		return err
	}
	cost.Begin.add(cpu(func() {
		for range checks {
			_, begun := p.begin(ctx, verifyCheckout)
			err = errors.Join(err, begun)
		}
	}), checks)
	return err
}

// finish measures FinishPayment and returns what it proved.
func (p payer) finish(
	ctx context.Context, into *Sample, answers []cardholder.Answer,
) (proved []cardholder.Evidence, err error) {
	proved = make([]cardholder.Evidence, 0, len(answers))
	into.add(cpu(func() {
		for _, a := range answers {
			proof, refused := p.service.FinishPayment(ctx, verifySubject, a)
			if refused != nil {
				err = refused
				return
			}
			proved = append(proved, proof.Evidence)
		}
	}), len(answers))
	return proved, err
}

// answers begins payments and signs them.
func (p payer) answers(ctx context.Context, n int, kind cardholder.Kind) ([]cardholder.Answer, error) {
	answers := make([]cardholder.Answer, n)
	for i := range answers {
		c, err := p.begin(ctx, verifyCheckout)
		if err != nil {
			return nil, err
		}
		answers[i].Token = c.Token
		if kind == cardholder.SPC {
			p.key.Origin = verifyCheckout
			answers[i].Response, err = p.key.Pay(c.SPC)
		} else {
			p.key.Origin = verifyRP
			answers[i].Response, err = p.key.Get(c.WebAuthn)
		}
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// bareCheck is the hash of what was signed, and the signature.
type bareCheck struct {
	digest    [sha256.Size]byte
	signature []byte
}

// unpadded is base64url in JSON.
type unpadded []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *unpadded) UnmarshalText(text []byte) (err error) {
	*u, err = base64.RawURLEncoding.AppendDecode(nil, text)
	return err
}

func bareChecks(answers []cardholder.Answer) ([]bareCheck, error) {
	checks := make([]bareCheck, len(answers))
	for i, a := range answers {
		var r struct {
			Response struct{ ClientDataJSON, AuthenticatorData, Signature unpadded } `json:"response"`
		}
		if err := json.Unmarshal(a.Response, &r); err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		hash := sha256.Sum256(r.Response.ClientDataJSON)
		checks[i] = bareCheck{
			sha256.Sum256(append(r.Response.AuthenticatorData, hash[:]...)), r.Response.Signature,
		}
	}
	return checks, nil
}

// cpu measures the processor time of do, the garbage collector's on other threads too.
func cpu(do func()) time.Duration {
	runtime.GC() // what came before is not do's
	start := processorTime()
	do()
	return processorTime() - start
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
