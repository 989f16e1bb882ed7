package gateway_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/wire"
)

func TestBothFormEncodings(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for i, post := range []func(string, []wire.Pair) reply{c.post, c.postMultipart} {
		r := post("/MPG/mpg_gateway", c.seal(c.order("Enc_"+strconv.Itoa(i))))
		if r.StatusCode != http.StatusSeeOther {
			t.Errorf("encoding %d: %d\n%s", i, r.StatusCode, r.body)
		}
	}
}

func TestEveryVersionIsAccepted(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for _, version := range []string{"1.4", "1.5", "1.6", "2.0", "2.1", "2.2", "2.3"} {
		path := c.open("V"+strings.ReplaceAll(version, ".", ""), "Version="+version, "LoginType=0")
		_, notice, _ := c.notice(c.pay(path, card()))
		_, hasIssuer := notice.Result["CardBank"]
		if notice.Status != "SUCCESS" || hasIssuer != (version >= "2.2") {
			t.Errorf("%s: %+v", version, notice)
		}
	}
}

func TestPaddingOfThirtyTwoBytes(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	keys := keysOf(store)
	info, err := keys.EncryptPadded(wire.EncodeForm(c.order("Pad_32")), wire.Pad32)
	c.must(err)
	sha, err := keys.TradeSha(info)
	c.must(err)
	r := c.post("/MPG/mpg_gateway", []wire.Pair{
		{Name: "MerchantID", Value: store},
		{Name: "TradeInfo", Value: info},
		{Name: "TradeSha", Value: strings.ToLower(sha)},
		{Name: "Version", Value: "2.2"},
	})
	if r.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d\n%s", r.StatusCode, r.body)
	}
}

// What cannot be trusted to come from the merchant is shown to the cardholder.
func TestRefusalsThatStayOnOurPage(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	good := func() []wire.Pair { return c.seal(c.order("X_1")) }
	tests := []struct {
		name string
		form []wire.Pair
		code string
	}{
		{"empty", nil, "MPG01009"},
		{"no MerchantID", set(good(), "MerchantID", ""), "MPG01009"},
		{"unknown store", set(good(), "MerchantID", "MS999999999"), "MPG03007"},
		{"no TradeInfo", set(good(), "TradeInfo", ""), "MPG01023"},
		{"no TradeSha", set(good(), "TradeSha", ""), "MPG01024"},
		{"wrong TradeSha", set(good(), "TradeSha", strings.Repeat("0", 64)), "MPG03009"},
		{"changed TradeInfo", set(good(), "TradeInfo", strings.Repeat("ab", 32)), "MPG03009"},
		{"another store's keys", set(good(), "MerchantID", "MS100000002"), "MPG03009"},
		{"no version", set(good(), "Version", ""), "MPG01010"},
		{"version 1.2", set(good(), "Version", "1.2"), "MPG02010"},
		{"version 9", set(good(), "Version", "9"), "MPG01010"},
		{"AES-GCM", append(good(), wire.Pair{Name: "EncryptType", Value: "1"}), "MPG03009"},
		{"wrong order number, no ReturnURL", c.seal(c.order("bad-number", "ReturnURL=-")), "MPG01012"},
		{"ReturnURL itself is wrong", c.seal(c.order("X_1", "ReturnURL=ftp://shop.test/")), "MPG01014"},
	}
	for _, tt := range tests {
		r := c.post("/MPG/mpg_gateway", tt.form)
		code := errorCode.FindStringSubmatch(r.body)
		if r.StatusCode != http.StatusOK || code == nil || code[1] != tt.code || strings.Contains(r.body, "return-form") {
			t.Errorf("%s: %d %v, want %s", tt.name, r.StatusCode, code, tt.code)
		}
	}
}

func TestRefusalsThatGoBackToTheMerchant(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.open("Taken_1")
	stale := strconv.FormatInt(c.app.Clock.Now().Add(-121*time.Second).Unix(), 10)
	tests := []struct {
		name  string
		order []wire.Pair
		code  string
	}{
		{"order number used before", c.order("Taken_1"), "MPG03008"},
		{"stale", c.order("X_1", "TimeStamp="+stale), "MPG02004"},
		{"no TimeStamp", c.order("X_1", "TimeStamp="), "MPG01002"},
		{"another store inside", c.order("X_1", "MerchantID=MS100000002"), "MPG03007"},
		{"order number", c.order("X-1"), "MPG01012"},
		{"no order number", c.order(""), "MPG01012"},
		{"amount of nothing", c.order("X_1", "Amt=0"), "MPG01015"},
		{"amount with cents", c.order("X_1", "Amt=12.5"), "MPG01015"},
		{"amount above the store's limit", c.order("X_1", "Amt=9999999999"), "MPG01015"},
		{"no item", c.order("X_1", "ItemDesc="), "MPG01017"},
		{"respond type", c.order("X_1", "RespondType=json"), "MPG01011"},
		{"mail", c.order("X_1", "Email=payer"), "MPG01013"},
		{"notify URL", c.order("X_1", "NotifyURL=nowhere"), "MPG01014"},
		{"instalment terms", c.order("X_1", "InstFlag=5"), "MPG01008"},
		{"only a method that the store lacks", c.order("X_1", "CREDIT=0", "InstFlag=0", "SAMSUNGPAY=1"), "MPG02003"},
	}
	for _, tt := range tests {
		form := set(c.seal(tt.order), "MerchantID", store)
		where, notice, _ := c.notice(c.post("/MPG/mpg_gateway", form))
		if where != "http://shop.test/return" || notice.Status != tt.code || notice.Message == "" {
			t.Errorf("%s: %s to %s, want %s", tt.name, notice.Status, where, tt.code)
		}
	}
}

func TestMethodsAreWhatRequestAndStoreAllow(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const inFull, term3, term6, term12, bonus = `value="full"`, `value="3"`, `value="6"`, `value="12"`, `value="bonus"`
	all := []string{inFull, term3, term6, term12, bonus}
	tests := []struct {
		name    string
		changes []string
		want    []string
	}{
		{"CREDIT alone", []string{"InstFlag=-"}, []string{inFull}},
		{"two terms", nil, []string{inFull, term3, term6}},
		{"instalments alone", []string{"CREDIT=0", "InstFlag=12"}, []string{term12}},
		{"bonus", []string{"CreditRed=1", "InstFlag=0"}, []string{inFull, bonus}},
		{"nothing named: the store decides", []string{"CREDIT=-", "InstFlag=-"}, all},
	}
	for i, tt := range tests {
		page := c.get(c.open("M_"+strconv.Itoa(i), tt.changes...))
		kinds := page.body[strings.Index(page.body, `id="card-form"`):strings.Index(page.body, `name="card_no"`)]
		for _, mark := range all {
			want := false
			for _, w := range tt.want {
				want = want || w == mark
			}
			// One way to pay needs no choice.
			if got := strings.Contains(kinds, mark); got != want && !(len(tt.want) == 1 && mark == inFull) {
				t.Errorf("%s: %s offered = %v", tt.name, mark, got)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for lang, want := range map[string]string{
		"zh-tw": `lang="zh-Hant-TW"`, "en": `lang="en"`, "jp": `lang="ja"`, "xx": `lang="zh-Hant-TW"`,
	} {
		page := c.get(c.open("L_"+strings.ReplaceAll(lang, "-", ""), "LangType="+lang))
		if !strings.Contains(page.body, want) {
			t.Errorf("%s: the page is not in %s", lang, want)
		}
	}
}
