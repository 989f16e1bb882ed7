package payment

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// CardInput is the checkout form as the cardholder typed it. The names of the
// fields in faults are those of the form.
type CardInput struct {
	PayKind     string // full, instalment or bonus; empty is full
	Instalments string // months
	CardNo      secret.String
	ExpMonth    string
	ExpYear     string // two or four digits
	CVC         secret.String
	LastName    string // 姓氏
	FirstName   string // 名字
	Phone       string // with country code, or a number of Taiwan
	Email       string
	IP          string
}

// What can be wrong with the card form.
var (
	errCardNo      = invalid("card_no_wrong", "卡號不正確，請再確認一次。").At("card_no")
	errBrand       = invalid("card_brand_refused", "本商店不支援此信用卡付款，請改用其它發卡行所核發之信用卡。").At("card_no")
	errExpiry      = invalid("card_expiry_wrong", "請輸入有效月年。").At("exp_month")
	errExpired     = invalid("card_expired", "這張卡片已過有效期限。").At("exp_month")
	errCVC         = invalid("cvc_wrong", "請輸入卡片背面末三碼（美國運通卡為正面四碼）。").At("cvc")
	errLastName    = invalid("last_name_wrong", "請輸入持卡人姓氏，至多 50 個字。").At("last_name")
	errFirstName   = invalid("first_name_wrong", "請輸入持卡人名字，至多 50 個字。").At("first_name")
	errPhone       = invalid("phone_wrong", "請輸入含國碼的電話號碼，例如 +886 912345678。").At("phone")
	errEmail       = invalid("email_wrong", "請輸入正確的電子信箱。").At("email")
	errPayKind     = invalid("pay_kind_refused", "此筆訂單不提供這種付款方式。").At("pay_kind")
	errInstalments = invalid("instalments_refused", "此筆訂單不提供這個分期期數。").At("instalments")
)

func invalid(code fault.Code, public string) *fault.Fault {
	return fault.New(fault.Invalid, code, public)
}

// check holds the form against the order's and the store's rules. It returns a
// fault.Group with at most one fault for each field.
func (in CardInput) check(r Request, store member.Store, now time.Time) (CheckedCard, error) {
	var wrong fault.Group
	fail := func(f *fault.Fault) {
		if f != nil {
			wrong = append(wrong, f)
		}
	}
	c := CheckedCard{cvc: secret.New(digits(in.CVC.Expose())), ip: in.IP}
	fail(c.setCard(in, r, store))
	fail(c.setExpiry(in, now))
	fail(c.setCVC())
	fail(c.setPayType(in, r))
	wrong = append(wrong, c.setPayer(in, r)...)
	fail(c.setPhone(in, r, store))
	return c, wrong.OrNil()
}

func (c *CheckedCard) setCard(in CardInput, r Request, store member.Store) *fault.Fault {
	var err error
	if c.pan, err = secret.ParsePAN(in.CardNo.Expose()); err != nil {
		return errCardNo
	}
	c.kept.Brand = BrandOf(c.pan)
	c.kept.First6, c.kept.Last4 = c.pan.First6(), c.pan.Last4()
	if !c.pan.Luhn() && (store.Mode != member.Test || !IsPublishedTestCard(c.pan)) {
		return errCardNo
	}
	switch c.kept.Brand {
	case Visa, Mastercard, JCB:
		if r.Major {
			return nil
		}
	case Amex:
		if r.Amex {
			return nil
		}
	case UnionPay: // taken by its own method, which the hosted page does not offer
	}
	return errBrand
}

func (c *CheckedCard) setExpiry(in CardInput, now time.Time) *fault.Fault {
	month, monthErr := strconv.Atoi(digits(in.ExpMonth))
	year, yearErr := strconv.Atoi(digits(in.ExpYear))
	if monthErr != nil || yearErr != nil || month < 1 || month > 12 {
		return errExpiry
	}
	if year >= 2000 {
		year -= 2000
	}
	if year < 0 || year > 99 {
		return errExpiry
	}
	expiry := time.Date(2000+year, time.Month(month), 1, 0, 0, 0, 0, clock.Taipei)
	c.kept.Expiry = expiry.Format("0601")
	if cardExpired(c.kept.Expiry, now) {
		return errExpired
	}
	return nil
}

// setCVC wants three digits, or three or four on American Express, which prints both.
func (c *CheckedCard) setCVC() *fault.Fault {
	n := len(c.cvc.Expose())
	if n != 3 && (n != 4 || c.kept.Brand != Amex) || strings.Trim(c.cvc.Expose(), "0123456789") != "" {
		return errCVC
	}
	return nil
}

func (c *CheckedCard) setPayType(in CardInput, r Request) *fault.Fault {
	c.payType = PayType(strings.TrimSpace(in.PayKind))
	switch c.payType {
	case "", PayInFull:
		c.payType = PayInFull
		if r.InFull {
			return nil
		}
	case PayInstalment:
		months, err := strconv.Atoi(digits(in.Instalments))
		if err != nil || !slices.Contains(r.Instalments, months) {
			return errInstalments
		}
		c.instalments = months
		return nil
	case PayBonus:
		if r.Bonus {
			return nil
		}
	}
	return errPayKind
}

// setPayer checks what the issuer may compare.
func (c *CheckedCard) setPayer(in CardInput, r Request) (wrong fault.Group) {
	c.payer = Payer{
		LastName: strings.TrimSpace(in.LastName), FirstName: strings.TrimSpace(in.FirstName),
		Email: strings.TrimSpace(in.Email),
	}
	if r.EmailFixed {
		c.payer.Email = r.Email
	}
	optional := r.payerOptional()
	if !filled(c.payer.LastName) && (!optional || c.payer.LastName != "") {
		wrong = append(wrong, errLastName)
	}
	if !filled(c.payer.FirstName) && (!optional || c.payer.FirstName != "") {
		wrong = append(wrong, errFirstName)
	}
	if r.Server && c.payer.Email == "" {
		return wrong
	}
	address, err := mail.ParseAddress(c.payer.Email)
	if err != nil || address.Address != c.payer.Email || len(c.payer.Email) > 254 {
		wrong = append(wrong, errEmail)
	}
	return wrong
}

// setPhone reads a number with country code, or one of Taiwan.
func (c *CheckedCard) setPhone(in CardInput, r Request, store member.Store) *fault.Fault {
	text := strings.TrimSpace(width.Narrow.String(in.Phone))
	if text == "" && !r.phoneNeeded(store, c.kept.Brand) {
		return nil
	}
	number, err := phonenumbers.Parse(text, "TW")
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return errPhone
	}
	c.payer.Phone = phonenumbers.Format(number, phonenumbers.E164)
	return nil
}

func filled(s string) bool { return s != "" && utf8.RuneCountInString(s) <= 50 }

// digits folds full-width digits and drops blanks.
func digits(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(width.Narrow.String(s)), " ", "")
}
