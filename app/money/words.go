package money

import "strings"

// The capital numerals of amounts in words, which cannot be altered by a stroke.
var (
	capitals = []string{"零", "壹", "貳", "參", "肆", "伍", "陸", "柒", "捌", "玖"}
	places   = []string{"", "拾", "佰", "仟"}
	groups   = []string{"", "萬", "億", "兆", "京"} // each ten thousand times the one before
)

const groupSize = 10_000

// Words writes the amount in words, in the capital numerals of Taiwan's cheques and
// receipts: 1250 is 壹仟貳佰伍拾元整. The currency, 新臺幣, is left to the page.
func (a TWD) Words() string {
	if a == 0 {
		return capitals[0] + "元整"
	}
	sign, rest := "", uint64(a)
	if a < 0 {
		sign, rest = "負", -rest
	}
	words, gap := "", false // gap: zeros stand between what is written and what comes before it
	for group := 0; rest > 0; group++ {
		part := rest % groupSize
		rest /= groupSize
		if part == 0 {
			gap = words != ""
			continue
		}
		if gap {
			words = capitals[0] + words
		}
		words = groupWords(part) + groups[group] + words
		gap = part < groupSize/10
	}
	return sign + words + "元整"
}

// groupWords writes 1 … 9999. Zeros between digits are one 零, zeros at the end none.
func groupWords(part uint64) string {
	var b strings.Builder
	gap := false
	for place, unit := 3, uint64(groupSize/10); place >= 0; place, unit = place-1, unit/10 {
		digit := part / unit % 10
		if digit == 0 {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteString(capitals[0])
			gap = false
		}
		b.WriteString(capitals[digit] + places[place])
	}
	return b.String()
}
