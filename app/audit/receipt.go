package audit

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Receipt says how long a chain was and where it ended. Kept elsewhere, it proves later
// that nothing up to there was written anew.
type Receipt struct {
	Name    string // of the chain, as Head.Name gives it
	Entries int64
	Hash    Hash // of the last of them
}

// ErrReceipt tells that a text is no receipt.
var ErrReceipt = errors.New("audit: not a receipt")

// Nothing is what stands for the receipts of an empty log.
const Nothing = "the audit log is empty"

// Name is the member's code; a member that is gone leaves the number of its chain.
func (h Head) Name() string {
	switch {
	case h.Chain == Platform:
		return "平台"
	case h.Member == "":
		return fmt.Sprintf("chain %d", h.Chain)
	default:
		return h.Member
	}
}

// Receipt returns the receipt for a chain that is whole.
func (h Head) Receipt() Receipt { return Receipt{Name: h.Name(), Entries: h.Sequence, Hash: h.Hash} }

// String writes the receipt as one line without its end: name, number of entries and
// hash, separated by tabs.
func (r Receipt) String() string { return fmt.Sprintf("%s\t%d\t%s", r.Name, r.Entries, r.Hash) }

// ParseReceipt reads what String wrote. It returns ErrReceipt for anything else.
func ParseReceipt(line string) (Receipt, error) {
	parts := strings.Split(line, "\t")
	if len(parts) != 3 {
		return Receipt{}, ErrReceipt
	}
	entries, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return Receipt{}, ErrReceipt
	}
	hash, err := hex.DecodeString(parts[2])
	r := Receipt{Name: parts[0], Entries: entries}
	if err != nil || copy(r.Hash[:], hash) != len(r.Hash) || r.Name == "" || entries < 1 || r.String() != line {
		return Receipt{}, ErrReceipt
	}
	return r, nil
}

// ReadReceipts reads receipts, one a line. It returns ErrReceipt with the number of the
// line that is none, and for a text without any: it would prove nothing.
func ReadReceipts(from io.Reader) ([]Receipt, error) {
	var all []Receipt
	lines := bufio.NewScanner(from)
	n, nothing := 0, false
	for lines.Scan() {
		n++
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" || line == Nothing {
			nothing = nothing || line == Nothing
			continue
		}
		r, err := ParseReceipt(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	if len(all) == 0 && !nothing {
		return nil, fmt.Errorf("it is empty: %w", ErrReceipt)
	}
	return all, nil
}
