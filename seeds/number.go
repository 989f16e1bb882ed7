package seeds

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
)

// sorted returns the numbers in ascending order, as Target.Taken wants them.
func sorted(nos []ident.TradeNo) []ident.TradeNo {
	slices.Sort(nos)
	return nos
}

// stillOpen returns those of the places whose number is taken.
func stillOpen(batch []history, open []int, taken []ident.TradeNo) []int {
	if len(taken) == 0 {
		return nil
	}
	refused := make(map[ident.TradeNo]bool, len(taken))
	for _, no := range taken {
		refused[no] = true
	}
	return slices.DeleteFunc(open, func(place int) bool { return !refused[batch[place].TradeNo] })
}

// identify sets what follows from the trade number: the merchant's own number
// and the IDs of the requests to the acquirer.
func (h *history) identify() {
	h.OrderNo = h.site.style.orderNo(h)
	for i := range h.Attempts {
		h.Attempts[i].RequestID = requestID(h.TradeNo, i)
	}
}

// requestIDSize is the length of an attempt's request ID, that of crypto/rand.Text.
const requestIDSize = 26

func requestID(no ident.TradeNo, attempt int) string {
	sum := sha256.Sum256([]byte("seeds/" + string(no) + "/" + strconv.Itoa(attempt)))
	return base32.StdEncoding.EncodeToString(sum[:])[:requestIDSize]
}

// orderStyle is how a merchant writes its order numbers.
type orderStyle int

const (
	styleDated  orderStyle = iota // ORD20261124_15030712345
	styleShort                    // EC7H2K9QXW1F
	styleDigits                   // 179542818712345
	styleYear                     // W2026_1124150307_12345
	styles
)

// orderNo writes the trade number, time and all, in the store's style: two
// different trade numbers never give the same order number.
func (s orderStyle) orderNo(h *history) string {
	no := string(h.TradeNo)
	tail := no[len(no)-5:]
	switch s {
	case styleShort:
		n, _ := strconv.ParseUint(no, 10, 64) // 17 digits
		return "EC" + strings.ToUpper(strconv.FormatUint(n, 36))
	case styleDigits:
		return strconv.FormatInt(h.CreatedAt.Unix(), 10) + tail
	case styleYear:
		return "W" + h.CreatedAt.In(clock.Taipei).Format("2006_0102150405") + "_" + tail
	default:
		return "ORD" + h.CreatedAt.In(clock.Taipei).Format("20060102_150405") + tail
	}
}

// styleOf gives each store a style of its own.
func styleOf(merchantID string) orderStyle {
	sum := 0
	for _, digit := range merchantID {
		sum += int(digit)
	}
	return orderStyle(sum % int(styles))
}
