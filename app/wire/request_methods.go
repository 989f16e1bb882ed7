package wire

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// otherMethods are the method flags that are not a one-time card payment. They are ignored but for one thing:
// a request that names one of them has named a method, so the store's settings do not decide.
var otherMethods = []string{
	"CREDITAGREEMENT", "CREDITAEAGREEMENT", "ANDROIDPAYAGREEMENT", "SAMSUNGPAYAGREEMENT",
	"LINEPAY", "WEBATM", "VACC", "CVS", "BARCODE", "ESUNWALLET", "TAIWANPAY", "BITOPAY", "CVSCOM",
	"TWQR", "EZPWECHAT", "EZPALIPAY", "EZPAY", "FULA", "AFTEE",
}

// instalmentTerms are the numbers of periods InstFlag may name; 8 is for 閘道 stores, which is not known here.
var instalmentTerms = []int{3, 6, 8, 12, 18, 24, 30}

func (p *requestParser) parseMethods() {
	flag := func(name string) bool { return p.form.Optional(name) == "1" }
	r := &p.req
	r.Methods = Methods{
		Credit: flag("CREDIT"), CreditAE: flag("CREDITAE"), UnionPay: flag("UNIONPAY"), Bonus: flag("CreditRed"),
		ApplePay: flag("APPLEPAY"), GooglePay: flag("ANDROIDPAY"), SamsungPay: flag("SAMSUNGPAY"),
	}
	for _, name := range otherMethods {
		if v := p.form.Optional(name); v != "" && v != "0" {
			r.Methods.Other = true
		}
	}
	var ok bool
	if r.Instalment, ok = parseInstFlag(p.form.Optional("InstFlag")); !ok {
		p.fail(MPGInstFlag, "InstFlag")
	}
	m := r.Methods
	r.Methods.StoreDecides = !(m.Other || m.Credit || m.CreditAE || m.UnionPay || m.Bonus ||
		m.ApplePay || m.GooglePay || m.SamsungPay || r.Instalment.On())
	if flag("NTCB") {
		r.TravelCard = p.parseTravelCard()
	}
}

// On says whether the request enables instalments at all.
func (i Instalment) On() bool { return i.All || len(i.Terms) > 0 }

// Allows says whether the request enables this number of periods.
func (i Instalment) Allows(term int) bool {
	return slices.Contains(instalmentTerms, term) && (i.All || slices.Contains(i.Terms, term))
}

func parseInstFlag(s string) (Instalment, bool) {
	switch s {
	case "", "0":
		return Instalment{}, true
	case "1":
		return Instalment{All: true}, true
	}
	var terms []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || !slices.Contains(instalmentTerms, n) {
			return Instalment{}, false
		}
		terms = append(terms, n)
	}
	slices.Sort(terms)
	return Instalment{Terms: slices.Compact(terms)}, true
}

// lastTravelArea is the highest NTCBLocate, 001 being the first.
const lastTravelArea = 29

// parseTravelCard gives nil unless all three fields are right: the payment is then an ordinary one.
func (p *requestParser) parseTravelCard() *TravelCard {
	card := TravelCard{
		Locate: p.form.Optional("NTCBLocate"),
		Start:  p.form.Optional("NTCBStartDate"),
		End:    p.form.Optional("NTCBEndDate"),
	}
	area, err := strconv.ParseUint(card.Locate, 10, 16)
	if err != nil || len(card.Locate) != 3 || area < 1 || area > lastTravelArea {
		return nil
	}
	start, err := time.Parse(time.DateOnly, card.Start)
	if err != nil {
		return nil
	}
	end, err := time.Parse(time.DateOnly, card.End)
	if err != nil || end.Before(start) {
		return nil
	}
	return &card
}

var tokenTermChars = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,20}$`)

func (p *requestParser) parseToken() {
	r := &p.req
	r.Force3D = p.form.Optional("P3D") == "1"
	r.TokenTermDemand = DemandExpiryCVC
	switch demand := p.form.Optional("TokenTermDemand"); demand {
	case "2", "3", "4":
		r.TokenTermDemand = TokenTermDemand(demand[0] - '0')
	}
	term := p.form.Optional("TokenTerm")
	if term != "" && !tokenTermChars.MatchString(term) {
		p.fail(MPGTokenTerm, "TokenTerm")
		return
	}
	r.TokenTerm = term
}

// parseOrderDetail reads the JSON array of version 2.2 and later; older versions do not have the field.
func (p *requestParser) parseOrderDetail() {
	r, raw := &p.req, p.form.Optional("OrderDetail")
	if raw == "" || !r.Version.AtLeast(V22) {
		return
	}
	items, ok := parseOrderItems(raw)
	if !ok {
		p.fail(MPGOrderDetail, "OrderDetail")
		return
	}
	sum, numbers := int64(0), make(map[string]bool, len(items))
	for _, item := range items {
		sum += item.Amt // at most 10 digits each, and MaxFormBytes bounds their number: no overflow
		numbers[item.OrderNo] = true
	}
	switch {
	case sum != r.Amt:
		p.fail(MPGOrderDetailSum, "OrderDetail")
	case len(numbers) < len(items):
		p.fail(MPGOrderDetailTwice, "OrderDetail")
	default:
		r.OrderDetail = items
	}
}

const (
	maxItemName  = 20
	maxItemNo    = 20
	lastItemType = 4
)

func parseOrderItems(raw string) ([]OrderItem, bool) {
	var lines []struct {
		ItemName, ItemOrderNo string
		ItemAmt, ItemType     jsonDigits
	}
	if err := json.Unmarshal([]byte(raw), &lines); err != nil || len(lines) == 0 {
		return nil, false
	}
	items := make([]OrderItem, len(lines))
	for i, line := range lines {
		amt, ok := parseAmt(string(line.ItemAmt))
		kind, err := strconv.Atoi(string(line.ItemType))
		if !ok || err != nil || kind < 1 || kind > lastItemType ||
			!filled(line.ItemName, maxItemName) || !filled(line.ItemOrderNo, maxItemNo) {
			return nil, false
		}
		items[i] = OrderItem{Name: line.ItemName, Amt: amt, Type: kind, OrderNo: line.ItemOrderNo}
	}
	return items, true
}

// filled says whether a text has 1 to limit characters and none that cannot be shown or stored.
func filled(s string, limit int) bool {
	return s != "" && utf8.RuneCountInString(s) <= limit && !strings.ContainsFunc(s, unicode.IsControl)
}

// jsonDigits is a JSON number or a string of one: PHP and JavaScript merchants send either.
type jsonDigits string

// UnmarshalJSON keeps the spelling; what is no whole number is refused by whoever reads it.
func (d *jsonDigits) UnmarshalJSON(b []byte) error {
	*d = jsonDigits(strings.Trim(string(b), `"`))
	return nil
}
