package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

// numberMax is the length of the longest MerchantOrderNo (the provider's manual
// NDNF-1.1.9 §4.2, raised to 30 in later versions).
const numberMax = 30

// authCodeLength is the length of an approval code (ISO 8583 field 38).
const authCodeLength = 6

// CardDigits are the digits of a card number that may be stored and shown. First6 is
// empty where only the last four are known.
type CardDigits struct{ First6, Last4 string }

// String writes the digits as lists show them: 411111…1111, or 1111.
func (d CardDigits) String() string {
	if d.First6 == "" {
		return d.Last4
	}
	return d.First6 + "…" + d.Last4
}

var (
	// shownCard is a card number as receipts, files and our own pages write it: first
	// six and last four with anything that stands for the rest between.
	shownCard = regexp.MustCompile(`([0-9]{4})[ -]?([0-9]{2})` +
		`(?:[-.…·]+|[ -]?[*xX•]{2,9}(?:[ -][*xX•]{2,5})*[ -]?)([0-9]{4})`)
	// groupedCard is a whole card number as it stands on the card.
	groupedCard = regexp.MustCompile(`[0-9]{4}(?:[ -][0-9]{4}){3}(?:[ -][0-9]{1,3})?|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}`)
	cardParts   = regexp.MustCompile(`^([0-9]{6})?(?:…?)([0-9]{4})$`)
	cardTexts   = regexp.MustCompile(`^[0-9]{6}…[0-9]{4}$`)
)

// ParseCardDigits reads first six and last four, written 411111…1111, 411111-1111 or
// 4111111111, or the last four alone.
func ParseCardDigits(s string) (d CardDigits, ok bool) {
	parts := cardParts.FindStringSubmatch(shownCard.ReplaceAllString(s, "$1$2…$3"))
	if parts == nil {
		return CardDigits{}, false
	}
	return CardDigits{First6: parts[1], Last4: parts[2]}, true
}

// wanted reads the numbers to look up, separated by spaces, commas and lines.
func (r *reader) wanted(field string, kind NumberKind) []string {
	text := r.One(field)
	if slices.ContainsFunc(groupedCard.FindAllString(text, -1), isCard) {
		r.RefuseWith(ErrCardNumber, field, ErrCardNumber.Public)
		return nil
	}
	if kind == CardNos || kind == AnyNumber {
		text = shownCard.ReplaceAllString(text, "$1$2…$3") // it may be written with spaces
	}
	numbers := splitNumbers(text)
	if len(numbers) > NumbersMax {
		r.Refuse(field, fmt.Sprintf("一次最多查詢 %d 個號碼，目前為 %d 個。", NumbersMax, len(numbers)))
		return nil
	}
	wanted := make([]string, 0, len(numbers))
	seen := make(map[string]bool, len(numbers))
	for _, number := range numbers {
		if isCardNumber(number, kind) {
			r.RefuseWith(ErrCardNumber, field, ErrCardNumber.Public)
			return nil
		}
		number, problem := numberOf(kind, number)
		if problem != "" {
			r.Refuse(field, problem)
			return nil
		}
		if !seen[number] {
			seen[number] = true
			wanted = append(wanted, number)
		}
	}
	return wanted
}

// numberOf brings a number of a kind into the form in which it is stored, or says what
// is wrong with it.
func numberOf(kind NumberKind, number string) (known, problem string) {
	switch kind {
	case CardNos:
		d, ok := ParseCardDigits(number)
		if !ok {
			return "", fmt.Sprintf("「%s」不是卡號：請輸入前六碼與末四碼（411111…1111 或 4111111111），或末四碼。", excerpt(number))
		}
		return d.String(), ""
	case AuthCodes:
		number = strings.ToUpper(number)
		if len(number) != authCodeLength || strings.Trim(number, upperDigits) != "" {
			return "", fmt.Sprintf("「%s」不是授權碼：授權碼為 %d 字元的英文字母與數字。", excerpt(number), authCodeLength)
		}
		return number, ""
	case AnyNumber:
		if cardTexts.MatchString(number) {
			return number, ""
		}
	case TradeNos, OrderNos, MandateNos:
	}
	if len(number) > numberMax || strings.ContainsFunc(number, notInNumber) {
		return "", fmt.Sprintf("「%s」不是單號：單號為 %d 字元以內的英文字母、數字與底線。", excerpt(number), numberMax)
	}
	return number, ""
}

// Numbers are those of one transaction that can be looked up.
type Numbers struct {
	TradeNo, OrderNo, AuthCode, MandateNo string
	Card                                  CardDigits
}

// Answered tells which of the wanted numbers of a kind some of the transactions answer
// to.
func Answered(kind NumberKind, wanted []string, all []Numbers) map[string]bool {
	exact, codes := make(map[string]bool, 2*len(all)), make(map[string]bool, len(all))
	for _, n := range all {
		codes[n.AuthCode] = true
		for _, number := range n.of(kind) {
			exact[number] = true
		}
	}
	answered := make(map[string]bool, len(wanted))
	for _, number := range wanted {
		answered[number] = exact[number] || kind == AnyNumber && codes[strings.ToUpper(number)]
	}
	return answered
}

// of lists the numbers of a kind, as the filter writes them.
func (n Numbers) of(kind NumberKind) []string {
	switch kind {
	case TradeNos:
		return []string{n.TradeNo}
	case OrderNos:
		return []string{n.OrderNo}
	case AuthCodes:
		return []string{n.AuthCode}
	case CardNos:
		return []string{n.Card.String(), n.Card.Last4}
	case MandateNos:
		return []string{n.MandateNo}
	case AnyNumber:
	}
	return []string{n.TradeNo, n.OrderNo, n.MandateNo, n.Card.String()}
}

// AuthCodesOf returns those of the numbers that may be approval codes.
func AuthCodesOf(numbers []string) []string {
	var codes []string
	for _, number := range numbers {
		if code, problem := numberOf(AuthCodes, number); problem == "" {
			codes = append(codes, code)
		}
	}
	return codes
}

// CardsOf parts those of the numbers that are cards as the filter writes them: first
// six and last four together, and last four alone.
func CardsOf(numbers []string) (pairs []CardDigits, last4 []string) {
	for _, number := range numbers {
		d, ok := ParseCardDigits(number)
		switch {
		case ok && d.First6 == "":
			last4 = append(last4, d.Last4)
		case ok && cardTexts.MatchString(number):
			pairs = append(pairs, d)
		}
	}
	return pairs, last4
}

func notInNumber(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// isCardNumber tells that a number is in all likelihood a whole card number: where
// cards are looked up, anything of the length of one; elsewhere a length that trade
// numbers do not have, a known scheme and a right check digit. Order numbers may look
// like anything.
func isCardNumber(number string, kind NumberKind) bool {
	if _, err := secret.ParsePAN(number); err != nil || kind == OrderNos {
		return false
	}
	if _, isTradeNo := ident.ParseTradeNo(number); isTradeNo && kind != CardNos {
		return false
	}
	return kind == CardNos || isCard(number)
}

// isCard tells that a text is a card number of a known scheme with a right check digit.
func isCard(text string) bool {
	pan, err := secret.ParsePAN(text)
	return err == nil && pan.Luhn() && payment.BrandOf(pan) != ""
}

// splitNumbers returns each number once, in the order given.
func splitNumbers(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(",;、､，；", r)
	})
	numbers := make([]string, 0, len(parts))
	seen := make(map[string]bool, len(parts))
	for _, part := range parts {
		if !seen[part] {
			seen[part] = true
			numbers = append(numbers, part)
		}
	}
	return numbers
}
