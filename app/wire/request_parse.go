package wire

import (
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Lengths of fields, in characters (manual section 4.2).
const (
	maxOrderNo       = 30
	maxOrderNoLegacy = 20 // before version 2.0
	maxAmtDigits     = 10
	maxItemDesc      = 50
	maxOrderComment  = 300
	maxURL           = 200
	maxEmail         = 50
)

// Bounds of TradeLimit.
const (
	minTradeLimit = 60 * time.Second
	maxTradeLimit = 900 * time.Second
)

// ParsePaymentRequest checks the inner fields against the outer envelope, the clock and the rules. Every field
// is read whatever is wrong with the others, so the request returned beside an error still has its ReturnURL,
// RespondType and order number where those are right (a wrong field is left empty). The error is the first in
// this order:
//
//	TimeStamp blank (MPG01002: also what text that is no form comes to) or stale (MPG02004), MerchantID (MPG01009,
//	MPG03007), Version (MPG02010, MPG01010), RespondType (MPG01011), MerchantOrderNo (MPG01012), Amt (MPG01015),
//	ItemDesc (MPG01017), ReturnURL, NotifyURL, CustomerURL, ClientBackURL (MPG01014), Email (MPG01013), InstFlag
//	(MPG01008), TokenTerm (MPG01005), OrderDetail (MPG01028, MPG01029, MPG01030)
//
// which is that of the manual's table but for TimeStamp. Fields for which the manual has no code are put right
// instead: a bad LangType is zh-tw, TradeLimit is clamped, ItemDesc and OrderComment are filtered and cut to
// length, and an incomplete National Travel Card is an ordinary card.
func ParsePaymentRequest(inner Form, env Envelope, now time.Time, rules Rules) (*PaymentRequest, *Error) {
	p := &requestParser{form: inner, rules: rules}
	p.parseEnvelopeFields(env, now)
	p.parseOrder()
	p.parseURLs()
	p.parseEmail()
	p.parseMethods()
	p.parseToken()
	p.parseOrderDetail()
	return &p.req, p.first
}

// requestParser fills req and keeps the first error.
type requestParser struct {
	form  Form
	rules Rules
	req   PaymentRequest
	first *Error
}

func (p *requestParser) fail(code Code, field string) {
	if p.first == nil {
		p.first = Refuse(code, field)
	}
}

func (p *requestParser) parseEnvelopeFields(env Envelope, now time.Time) {
	r := &p.req
	r.MerchantID, r.Version, r.RespondType = env.MerchantID, env.Version, JSON

	stamp := p.form.Optional("TimeStamp")
	var fresh bool
	if r.TimeStamp, fresh = parseTimeStamp(stamp, now); stamp == "" {
		p.fail(MPGTimeStamp, "TimeStamp")
	} else if !fresh {
		p.fail(MPGExpired, "TimeStamp")
	}
	switch id := p.form.Optional("MerchantID"); {
	case id == "":
		p.fail(MPGMerchantID, "MerchantID")
	case id != env.MerchantID && p.first == nil:
		p.first = &Error{Code: MPGNoStore, Message: MsgStoreMismatch, Field: "MerchantID"}
	}
	switch v := Version(p.form.Optional("Version")); {
	case v.tooOld():
		p.fail(MPGOldVersion, "Version")
	case v != env.Version || !v.supported():
		p.fail(MPGVersion, "Version")
	}
	if format := RespondType(p.form.Optional("RespondType")); format.valid() {
		r.RespondType = format
	} else {
		p.fail(MPGRespondType, "RespondType")
	}
	r.Lang = parseLang(p.form.Optional("LangType"))
}

func (p *requestParser) parseOrder() {
	r, limit := &p.req, maxOrderNo
	if !r.Version.AtLeast(V20) {
		limit = maxOrderNoLegacy
	}
	if no := p.form.Get("MerchantOrderNo"); validOrderNo(no, limit) {
		r.MerchantOrderNo = no
	} else {
		p.fail(MPGMerchantOrderNo, "MerchantOrderNo")
	}
	if amt, ok := parseAmt(p.form.Get("Amt")); ok {
		r.Amt = amt
	} else {
		p.fail(MPGAmt, "Amt")
	}
	if r.ItemDesc = plainText(p.form.Get("ItemDesc"), maxItemDesc); r.ItemDesc == "" {
		p.fail(MPGItemDesc, "ItemDesc")
	}
	r.TradeLimit = parseTradeLimit(p.form.Optional("TradeLimit"))
	r.OrderComment = plainText(p.form.Optional("OrderComment"), maxOrderComment)
}

func (p *requestParser) parseURLs() {
	r := &p.req
	r.ReturnURL = p.parseURL("ReturnURL", !p.rules.AnyPort)
	r.NotifyURL = p.parseURL("NotifyURL", !p.rules.AnyPort)
	if r.NotifyURL != "" && r.NotifyURL == r.ReturnURL {
		p.fail(MPGURL, "NotifyURL")
		r.NotifyURL = ""
	}
	r.CustomerURL = p.parseURL("CustomerURL", false)
	r.ClientBackURL = p.parseURL("ClientBackURL", false)
}

// parseURL gives the field's URL, "" when it is absent or wrong.
func (p *requestParser) parseURL(field string, webPort bool) string {
	raw := p.form.Optional(field)
	if raw == "" {
		return ""
	}
	if !validURL(raw, webPort) {
		p.fail(MPGURL, field)
		return ""
	}
	return raw
}

func (p *requestParser) parseEmail() {
	r := &p.req
	r.EmailLocked = p.form.Optional("EmailModify") == "0"
	switch email := p.form.Optional("Email"); {
	case email == "" && r.Version.AtLeast(V20):
	case validEmail(email):
		r.Email = email
	default:
		p.fail(MPGEmail, "Email")
	}
}

// parseTimeStamp reads Unix seconds and says whether they are within maxSkew of now.
func parseTimeStamp(s string, now time.Time) (time.Time, bool) {
	seconds, err := strconv.ParseUint(s, 10, 40) // 40 bits: far beyond any date, far below overflow
	if err != nil {
		return time.Time{}, false
	}
	stamp := time.Unix(int64(seconds), 0)
	// The field has whole seconds, so now is cut to whole seconds too: 120 s apart is still in time.
	return stamp, now.Truncate(time.Second).Sub(stamp).Abs() <= maxSkew
}

func parseLang(s string) Lang {
	switch lang := Lang(strings.ToLower(s)); lang {
	case LangEn, LangJp:
		return lang
	}
	return LangZhTW
}

// validOrderNo says whether a store's order number is 1 to limit letters, digits and underscores.
func validOrderNo(s string, limit int) bool {
	return 0 < len(s) && len(s) <= limit && orderNoChars.MatchString(s)
}

var (
	orderNoChars = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	digits       = regexp.MustCompile(`^[0-9]+$`)
	dottedDomain = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
)

// parseAmt reads whole TWD of 1 to 10 digits, at least 1.
func parseAmt(s string) (int64, bool) {
	if len(s) > maxAmtDigits || !digits.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// parseTradeLimit clamps to 60…900 s; absent, 0 and anything that is no whole number mean no limit.
func parseTradeLimit(s string) time.Duration {
	if !digits.MatchString(strings.TrimPrefix(s, "-")) || strings.Trim(s, "0") == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	switch {
	case err != nil && s[0] != '-', n > int(maxTradeLimit/time.Second):
		return maxTradeLimit
	case n < int(minTradeLimit/time.Second):
		return minTradeLimit
	}
	return time.Duration(n) * time.Second
}

// validURL accepts an absolute http or https URL of at most 200 characters; with webPort set, on port 80 or
// 443 only.
func validURL(raw string, webPort bool) bool {
	if utf8.RuneCountInString(raw) > maxURL || !utf8.ValidString(raw) {
		return false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	port := u.Port()
	return !webPort || port == "" || port == "80" || port == "443"
}

// validEmail accepts a bare ASCII address with a dotted domain.
func validEmail(s string) bool {
	if len(s) > maxEmail || strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return false
	}
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && dottedDomain.MatchString(s[strings.LastIndexByte(s, '@')+1:])
}

// plainText takes out what the manual warns of in texts shown on the page (control characters, line breaks, quotes,
// angle brackets, backslashes) and bytes that are not UTF-8, trims, and cuts to limit characters.
func plainText(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != '\u3000' || strings.ContainsRune("'\"`<>\\", r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > limit {
		s = strings.TrimSpace(string(runes[:limit]))
	}
	return s
}
