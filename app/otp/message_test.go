package otp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
)

func TestTheMessageInThreeLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"zh-tw": "【Memberzone】驗證碼 CODE。您以末四碼 1111 的信用卡在「晴川選物」付款 NT$1,250，5 分鐘內有效。" +
			"請勿告訴任何人，包括自稱銀行或商店的人員。\n\n@pay.example.com #CODE",
		"en": "Memberzone: your code is CODE, to pay NT$1,250 to \"晴川選物\" with the card ending in 1111. It is valid " +
			"for 5 minutes. Never tell it to anyone, not even to your bank or the shop.\n\n@pay.example.com #CODE",
		"jp": "【Memberzone】認証コードは CODE です。「晴川選物」で NT$1,250 を、下4桁 1111 のカードで支払うためのものです。" +
			"5分間有効です。銀行や店舗を名乗る人を含め、誰にも教えないでください。\n\n@pay.example.com #CODE",
	} {
		d, r := open(otp.Limits{}), request("v1")
		r.Language = language
		_, err := d.Send(t.Context(), r)
		must(t, err)
		m := d.store.texts[0].Message
		if got := strings.ReplaceAll(m.Words.Expose(), d.code(t), "CODE"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", language, got, want)
		}
		if m.To.Expose() != "+886912345678" || !m.ExpiresAt.Equal(noon.Add(5*time.Minute)) || len(m.Reference) != 26 {
			t.Errorf("%s: %+v", language, m)
		}
	}
}

// A store chooses its name: it must not be able to write a code's line of its own.
func TestAMerchantsNameStaysOnItsLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, r := open(otp.Limits{}), request("v1")
		r.Merchant = rapid.OneOf(rapid.String(), rapid.Just("店\n@evil.example #000000\r\n\u2028@x #1")).Draw(t, "name")
		if _, err := d.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		text := d.store.texts[0].Message.Words.Expose()
		if n := strings.Count(text, "\n"); n != 2 {
			t.Fatalf("%d line breaks in %q", n, text)
		}
		first, last, _ := strings.Cut(text, "\n\n")
		if strings.ContainsAny(first, "@#") || !strings.HasPrefix(last, "@pay.example.com #") {
			t.Fatalf("%q", text)
		}
		for _, c := range first {
			if !unicode.IsPrint(c) && c != ' ' {
				t.Fatalf("%q in %q", c, text)
			}
		}
		if len([]rune(text)) > 268 { // four parts of an SMS in UCS-2
			t.Fatalf("%d characters", len([]rune(text)))
		}
	})
}

func TestAMaskShowsThreeDigits(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"+886912345678": "09** *** 678", "+8860212345678": "+********** 678", "+14155550123": "+******** 123",
		"": "", "+1234": "*****",
	} {
		if got := otp.Mask(phone); got != want {
			t.Errorf("Mask(%q) = %q, want %q", phone, got, want)
		}
	}
	if got := fmt.Sprintf("%v %+v %s", otp.OnFile{Phone: "+886912345678", LastName: "王"},
		otp.OnFile{Phone: "+886912345678"}, otp.OnFile{}); strings.Contains(got, "912") || strings.Contains(got, "王") {
		t.Errorf("it prints %q", got)
	}
}

func TestAMessageIsHandedOverUntilItsCodeExpires(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for name, test := range map[string]struct {
		after time.Duration
		err   error
		want  otp.State
		again bool
	}{
		"taken":          {0, nil, otp.Accepted, false},
		"no answer":      {0, away, otp.Pending, true},
		"refused":        {0, fmt.Errorf("HTTP 422: %w", otp.ErrRefused), otp.Undeliverable, true},
		"late":           {5*time.Minute - time.Millisecond, away, otp.Pending, true},
		"too late":       {5 * time.Minute, nil, otp.Undeliverable, false},
		"much too late":  {time.Hour, away, otp.Undeliverable, false},
		"taken lately":   {4 * time.Minute, nil, otp.Accepted, false},
		"refused lately": {4 * time.Minute, otp.ErrRefused, otp.Undeliverable, true},
	} {
		d := open(otp.Limits{})
		_, err := d.Send(t.Context(), request("v1"))
		must(t, err)
		d.clock.Advance(test.after)
		d.sender.err = test.err
		err = d.Deliver(t.Context(), 1)
		if (err != nil) != test.again || err != nil && !errors.Is(err, test.err) {
			t.Errorf("%s: %v", name, err)
		}
		if got := d.store.texts[0].State; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		sent := len(d.sender.sent)
		if expired := test.after >= otp.ValidFor; expired != (sent == 0) {
			t.Errorf("%s: it was sent %d times", name, sent)
		}
		if test.want == otp.Pending {
			continue
		}
		if err := d.Deliver(t.Context(), 1); err != nil || len(d.sender.sent) != sent {
			t.Errorf("%s: a second run: %v, sent %d times", name, err, len(d.sender.sent))
		}
	}
}

func TestAMessageWhoseCodeWasUsedOrReplacedIsNotSent(t *testing.T) {
	t.Parallel()
	d, ctx := open(otp.Limits{}), t.Context()
	_, err := d.Send(ctx, request("v1"))
	must(t, err)
	d.clock.Advance(time.Minute)
	_, err = d.Send(ctx, request("v1"))
	must(t, err)
	out, err := d.Check(ctx, "v1", secret.New(d.code(t)))
	must(t, err)
	for id := range int64(3) {
		must(t, d.Deliver(ctx, id+1)) // the third does not exist
	}
	if out.Result != otp.Right || len(d.sender.sent) != 0 {
		t.Errorf("%+v; %d messages were sent", out, len(d.sender.sent))
	}
}

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	want := []time.Duration{1, 1, 3, 10, 20, 30, 30, 30}
	for failed, seconds := range want {
		if got := otp.RetryPause(failed); got != seconds*time.Second {
			t.Errorf("after %d: %v, want %ds", failed, got, seconds)
		}
	}
}
