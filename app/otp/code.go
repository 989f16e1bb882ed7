package otp

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/secret"
)

// The life of a code.
const (
	Digits      = 6
	ValidFor    = 5 * time.Minute
	TriesMax    = 3           // of one code
	SendsMax    = 3           // of one subject
	ResendAfter = time.Minute // from one code to the next
)

// What keeps a code from being sent or checked. The sentences are for the cardholder.
var (
	// ErrTooSoon tells that the last code was sent less than a minute ago.
	ErrTooSoon = fault.New(fault.Throttled, "otp_too_soon", "驗證碼剛寄出，請稍候一分鐘再重新寄送。")
	// ErrTooMany tells that the card, the phone or the store has had too many codes.
	ErrTooMany = fault.New(fault.Throttled, "otp_too_many", "驗證碼寄送次數過多，請稍後再試。")
	// ErrSpent tells that the subject gets no more codes.
	ErrSpent = fault.New(fault.Refused, "otp_spent", "驗證碼的寄送次數已用完。")
	// ErrNone tells that no code waits for the subject: none was sent, or it was used.
	ErrNone = fault.New(fault.NotFound, "otp_none", "目前沒有等待輸入的驗證碼。")
	// ErrMalformed tells that what was typed is not six digits. It counts as no try.
	ErrMalformed = fault.New(fault.Invalid, "otp_malformed", "請輸入簡訊中的 6 位數驗證碼。").At("otp")
)

// Code is what is kept of the codes of one subject. The zero value but for the subject
// is one that got none yet.
type Code struct {
	Subject   string
	Hash      []byte // keyed; empty when there is nothing left to try
	To        string // the phone, masked
	Tries     int    // wrong ones, of the live code
	Sends     int
	SentAt    time.Time
	ExpiresAt time.Time
	PassedAt  time.Time // zero until the right code came
}

// Sent is a code that is under way, as the cardholder may see it.
type Sent struct {
	To        string // masked
	SentAt    time.Time
	ExpiresAt time.Time
	ResendAt  time.Time // from when on another one may be sent
	TriesLeft int
	SendsLeft int
}

func (c Code) sent() Sent {
	return Sent{
		To: c.To, SentAt: c.SentAt, ExpiresAt: c.ExpiresAt, ResendAt: c.SentAt.Add(ResendAfter),
		TriesLeft: TriesMax - c.Tries, SendsLeft: SendsMax - c.Sends,
	}
}

// waiting tells that the subject has been sent a code and has not passed yet.
func (c Code) waiting() bool { return c.Sends > 0 && c.PassedAt.IsZero() }

// maySend returns why no code may be sent now.
func (c Code) maySend(now time.Time) error {
	switch {
	case !c.PassedAt.IsZero(), c.Sends >= SendsMax:
		return ErrSpent
	case c.Sends > 0 && now.Before(c.SentAt.Add(ResendAfter)):
		return ErrTooSoon
	}
	return nil
}

// Result is what came of a try.
type Result string

// The results of a try.
const (
	Right   Result = "right"
	Wrong   Result = "wrong"   // the code may be tried again
	Expired Result = "expired" // the code's five minutes are over
	Spent   Result = "spent"   // the code's three tries are used up, by this one or before
)

// Outcome is a result with what is left.
type Outcome struct {
	Result    Result
	TriesLeft int // of this code
	SendsLeft int // further codes that the subject may get
}

// Over tells that the subject can never pass: no try and no further code is left.
func (o Outcome) Over() bool { return (o.Result == Spent || o.Result == Expired) && o.SendsLeft == 0 }

// try applies one try. A spent or expired code is not passed by the right digits, and
// counts no further tries.
func (c Code) try(right bool, now time.Time) (Code, Outcome) {
	var result Result
	switch {
	case c.Tries >= TriesMax:
		result = Spent
	case !now.Before(c.ExpiresAt):
		result = Expired
	case right:
		result, c.PassedAt, c.Hash = Right, now, nil
	default:
		if c.Tries++; c.Tries == TriesMax {
			result, c.Hash = Spent, nil
		} else {
			result = Wrong
		}
	}
	return c, Outcome{Result: result, TriesLeft: TriesMax - c.Tries, SendsLeft: SendsMax - c.Sends}
}

// newCode draws six digits, each code as likely as any other.
func newCode() (secret.String, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return secret.String{}, fmt.Errorf("draw a code: %w", err)
	}
	return secret.New(fmt.Sprintf("%0*d", Digits, n)), nil
}

// typed reads what somebody typed or pasted: spaces and hyphens are dropped and
// full-width digits folded. It returns ErrMalformed.
func typed(code secret.String) (string, error) {
	var b strings.Builder
	for _, r := range code.Expose() {
		switch {
		case r == ' ' || r == '-' || r == '\u3000' || r == '\u00a0' || r == '\r' || r == '\n' || r == '\t':
			continue
		case r >= '０' && r <= '９':
			r += '0' - '０'
		}
		if r < '0' || r > '9' || b.Len() == Digits {
			return "", ErrMalformed
		}
		b.WriteRune(r)
	}
	if b.Len() != Digits {
		return "", ErrMalformed
	}
	return b.String(), nil
}
