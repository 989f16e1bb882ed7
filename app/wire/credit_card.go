package wire

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Further versions of the server-to-server API.
const (
	V24 Version = "2.4" // CardHolderName and CardHolderPhone
	V25 Version = "2.5" // the name in two fields, the phone's country code; Passkey
)

// cardVersions are the versions of NPA-B10.
var cardVersions = []Version{"1.0", "1.1", V20, V21, V22, V23, V24, V25}

// CardPaymentRequest is a post to /API/CreditCard (manual NDNT, NPA-B10): an authorisation with a card number that
// the merchant has taken itself.
type CardPaymentRequest struct {
	RespondType     RespondType // of Pos_; JSON when it is absent or wrong
	TimeStamp       time.Time
	Version         Version // 1.0, 1.1, 2.0 to 2.5
	MerchantOrderNo string
	Amt             int64  // TWD
	ProdDesc        string // at most 50 characters, filtered as ItemDesc is
	PayerEmail      string // "" = not given
	Inst            int    // number of periods, 0 for none
	Bonus           bool   // Red
	Card            PlainCard
	Holder          CardHolder
	Force3D         bool // P3D=1
	NotifyURL       string
	ReturnURL       string
	PayeeOrigin     string // ours, version 2.5: the origin of the merchant's page that may ask for the Passkey
}

// CardHolder is the cardholder as the merchant knows them; every field may be empty.
type CardHolder struct {
	LastName  string // before version 2.5 the whole name
	FirstName string
	Phone     string // with "+" and country code from version 2.5 on
}

// PlainCard is a card number with its code. Every verb of fmt hides it.
type PlainCard struct {
	number, code    string
	ExpYear, ExpMon string // two digits each
}

// Expose gives the card number and the code of the card, digits only. They must not be stored or logged.
func (c PlainCard) Expose() (number, code string) { return c.number, c.code }

// Format implements fmt.Formatter: every verb hides the card.
func (PlainCard) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[card]") }

// ParseCardPayment checks the opened fields in this order: a missing one (TRA10018), Version (TRA10018), Pos_
// (TRA10036), TimeStamp (TRA40014), MerchantOrderNo (TRA10037), Amt (TRA10003), ProdDesc (TRA10018), PayerEmail
// (MPG01013), NotifyURL and ReturnURL (TRA10041; TRA10018 when missing with P3D), Inst (MPG01008), the ways to pay
// that have another card than CardNo (MPG02003), CardNo (MPG05002), Exp (TRA10043), CVC (MPG05001), the names of
// version 2.5 (TRA10018), PayeeOrigin (MPG02005). Whether a phone is needed depends on the store. The request
// returned beside an error holds what could be read.
func ParseCardPayment(inner Form, pos string, now time.Time, rules Rules) (*CardPaymentRequest, *Error) {
	p := &cardParser{form: inner, rules: rules, req: CardPaymentRequest{
		RespondType: JSON, Version: Version(inner.Optional("Version")), Force3D: inner.Optional("P3D") == "1",
		Bonus: inner.Optional("Red") == "1",
	}}
	p.parseEnvelope(pos, now)
	p.parseOrder()
	p.parseURLs()
	p.parseTerms()
	p.parseCard()
	p.parseHolder()
	return &p.req, p.first
}

// cardParser fills req and keeps the first error.
type cardParser struct {
	form  Form
	rules Rules
	req   CardPaymentRequest
	first *Error
}

func (p *cardParser) fail(code Code, field string) {
	if p.first == nil {
		p.first = Refuse(code, field)
	}
}

func (p *cardParser) parseEnvelope(pos string, now time.Time) {
	for _, name := range []string{"TimeStamp", "Version", "MerchantOrderNo", "Amt", "ProdDesc"} {
		if p.form.Optional(name) == "" {
			p.fail(TRAIncomplete, name)
		}
	}
	if !slices.Contains(cardVersions, p.req.Version) {
		p.fail(TRAIncomplete, "Version")
	}
	switch format := RespondType(pos); {
	case format.valid():
		p.req.RespondType = format
	case pos != "":
		p.fail(TRARespondType, "Pos_")
	}
	var fresh bool
	if p.req.TimeStamp, fresh = parseTimeStamp(p.form.Get("TimeStamp"), now); !fresh {
		p.fail(TRATimeStamp, "TimeStamp")
	}
}

func (p *cardParser) parseOrder() {
	r := &p.req
	if no := p.form.Get("MerchantOrderNo"); validOrderNo(no, maxOrderNo) {
		r.MerchantOrderNo = no
	} else {
		p.fail(TRAMerchantOrderNo, "MerchantOrderNo")
	}
	var whole bool
	if r.Amt, whole = parseAmt(p.form.Get("Amt")); !whole {
		p.fail(TRAAmt, "Amt")
	}
	if r.ProdDesc = plainText(p.form.Get("ProdDesc"), maxItemDesc); r.ProdDesc == "" {
		p.fail(TRAIncomplete, "ProdDesc")
	}
	if email := p.form.Optional("PayerEmail"); email == "" || validEmail(email) {
		r.PayerEmail = email
	} else {
		p.fail(MPGEmail, "PayerEmail")
	}
}

func (p *cardParser) parseURLs() {
	r := &p.req
	for _, target := range []struct {
		name string
		into *string
	}{{"NotifyURL", &r.NotifyURL}, {"ReturnURL", &r.ReturnURL}} {
		switch raw := p.form.Optional(target.name); {
		case raw == "" && r.Force3D:
			p.fail(TRAIncomplete, target.name)
		case raw == "":
		case validURL(raw, !p.rules.AnyPort):
			*target.into = raw
		default:
			p.fail(TRAURL, target.name)
		}
	}
	if r.NotifyURL != "" && r.NotifyURL == r.ReturnURL {
		p.fail(TRAURL, "NotifyURL")
		r.NotifyURL = ""
	}
}

// cardTerms are the values of Inst.
var cardTerms = []int{0, 3, 6, 12, 18, 24, 30}

// otherCards are the fields that bring another card than CardNo does: wallets and agreed payments. Paying with
// CardNo although one of them is set would not be what the merchant has asked for.
var otherCards = []string{"APPLEPAY", "ANDROIDPAY", "SAMSUNGPAY", "TokenSwitch"}

func (p *cardParser) parseTerms() {
	if text := p.form.Optional("Inst"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.Contains(cardTerms, n) {
			p.fail(MPGInstFlag, "Inst")
		} else {
			p.req.Inst = n
		}
	}
	for _, name := range otherCards {
		if v := p.form.Optional(name); v != "" && v != "0" {
			p.fail(MPGMethodOff, name)
		}
	}
}

func (p *cardParser) parseCard() {
	card := &p.req.Card
	number := strings.NewReplacer(" ", "", "-", "").Replace(p.form.Optional("CardNo"))
	if len(number) < 13 || len(number) > 19 || !digits.MatchString(number) {
		p.fail(MPGCardNumber, "CardNo")
	} else {
		card.number = number
	}
	if exp := p.form.Optional("Exp"); len(exp) == 4 && digits.MatchString(exp) && "01" <= exp[2:] && exp[2:] <= "12" {
		card.ExpYear, card.ExpMon = exp[:2], exp[2:]
	} else {
		p.fail(TRAExpiry, "Exp")
	}
	if code := p.form.Optional("CVC"); (len(code) == 3 || len(code) == 4) && digits.MatchString(code) {
		card.code = code
	} else {
		p.fail(MPGNoCard, "CVC")
	}
}

func (p *cardParser) parseHolder() {
	r := &p.req
	name := func(field string) string { return plainText(p.form.Optional(field), maxItemDesc) }
	phone := strings.TrimSpace(p.form.Optional("CardHolderPhone"))
	if !r.Version.AtLeast(V24) {
		return
	}
	if !r.Version.AtLeast(V25) {
		r.Holder = CardHolder{LastName: name("CardHolderName"), Phone: phone}
		return
	}
	r.Holder = CardHolder{LastName: name("CardHolderLastName"), FirstName: name("CardHolderFirstName")}
	if r.Holder.FirstName == "" {
		p.fail(TRAIncomplete, "CardHolderFirstName")
	}
	if r.Holder.LastName == "" {
		p.fail(TRAIncomplete, "CardHolderLastName")
	}
	country := strings.TrimPrefix(strings.TrimSpace(p.form.Optional("CardHolderPhoneCountryCode")), "+")
	if r.Holder.Phone = phone; country != "" && phone != "" && phone[0] != '+' {
		r.Holder.Phone = "+" + country + " " + phone
	}
	if origin := p.form.Optional("PayeeOrigin"); origin == "" || validOrigin(origin) {
		r.PayeeOrigin = origin
	} else {
		p.fail(MPGSource, "PayeeOrigin")
	}
}

// validOrigin accepts scheme and host, with a port where there is one, as browsers write an origin.
func validOrigin(raw string) bool {
	if utf8.RuneCountInString(raw) > maxURL {
		return false
	}
	u, err := url.Parse(raw)
	return err == nil && u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http") &&
		raw == u.Scheme+"://"+strings.ToLower(u.Host)
}
