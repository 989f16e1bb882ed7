package otp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// Message is one text message as a gateway takes it.
type Message struct {
	Reference string        // makes a second delivery of the same message recognisable; tells nothing
	To        secret.String // E.164
	Words     secret.String
	ExpiresAt time.Time // worth nothing afterwards
}

// Sender hands messages over to an SMS gateway.
type Sender interface {
	// Send returns nil when the gateway has taken the message, also when it took it
	// before. ErrRefused is final; after any other error the same message may be sent
	// again.
	Send(ctx context.Context, m Message) error
}

// ErrRefused tells that the gateway will not take the message however often it is sent.
var ErrRefused = errors.New("otp: the message is refused for good")

// Receipt is the gateway's word on what became of a message.
type Receipt struct {
	Reference string
	Delivered bool
	Reason    string // why not: a word of the gateway's; empty when delivered
	At        time.Time
}

// ErrForged tells of a receipt that the gateway did not sign, or not lately.
var ErrForged = fault.New(fault.Denied, "sms_receipt_forged", "簽章不正確。")

// retryPauses are the pauses between tries to hand a message over; the last one repeats
// until the code has expired.
var retryPauses = []time.Duration{
	time.Second, 3 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
}

// RetryPause is how long to wait after the failed tries so far, 1 for the first.
func RetryPause(failed int) time.Duration {
	return retryPauses[min(max(failed, 1), len(retryPauses))-1]
}

// letter is what a message tells.
type letter struct {
	language string // zh-tw, en or jp
	merchant string
	amount   money.TWD
	last4    string
	code     secret.String
	host     string
}

// merchantRunesMax keeps the message within two or three parts of an SMS.
const merchantRunesMax = 20

// words writes the message. Its last line binds the code to the checkout's host, so
// that a browser offers it there and nowhere else (WebOTP, "Origin-bound one-time codes
// delivered via SMS" §2.1).
func (l letter) words() secret.String {
	merchant, code := oneLine(l.merchant), l.code.Expose()
	minutes := int(ValidFor / time.Minute)
	var text string
	switch l.language {
	case "en":
		text = fmt.Sprintf("Memberzone: your code is %s, to pay %s to %q with the card ending in %s. It is valid for "+
			"%d minutes. Never tell it to anyone, not even to your bank or the shop.",
			code, l.amount.Display(), merchant, l.last4, minutes)
	case "jp":
		text = fmt.Sprintf("【Memberzone】認証コードは %s です。「%s」で %s を、下4桁 %s のカードで支払うためのものです。"+
			"%d分間有効です。銀行や店舗を名乗る人を含め、誰にも教えないでください。",
			code, merchant, l.amount.Display(), l.last4, minutes)
	default:
		text = fmt.Sprintf("【Memberzone】驗證碼 %s。您以末四碼 %s 的信用卡在「%s」付款 %s，%d 分鐘內有效。"+
			"請勿告訴任何人，包括自稱銀行或商店的人員。",
			code, l.last4, merchant, l.amount.Display(), minutes)
	}
	return secret.New(text + "\n\n@" + l.host + " #" + code)
}

// oneLine keeps a merchant's name from writing lines of its own into the message.
func oneLine(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == '@' || r == '#':
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > merchantRunesMax {
		name = string([]rune(name)[:merchantRunesMax-1]) + "…"
	}
	return name
}

// Mask shows of a phone what its holder recognises: "09** *** 678" of a Taiwanese
// mobile, the last three digits of any other, nothing of none.
func Mask(phone string) string {
	const keep, mobileDigits = 3, 13
	switch {
	case len(phone) < 2*keep:
		return strings.Repeat("*", len(phone))
	case strings.HasPrefix(phone, "+8869") && len(phone) == mobileDigits:
		return "09** *** " + phone[len(phone)-keep:]
	}
	return "+" + strings.Repeat("*", len(phone)-1-keep) + " " + phone[len(phone)-keep:]
}
