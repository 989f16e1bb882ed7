package report

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/secret"
)

// Card is a whole card number that is looked up, as far as the program keeps it.
type Card struct {
	Digits  CardDigits
	Indexes [][]byte // the blind indexes under which it may be stored
}

// CardKeyLife is how long a key of a card can be used.
const CardKeyLife = 24 * time.Hour

// Refusals of a whole card number.
var (
	// ErrCardPosted tells that what was posted is no card number.
	ErrCardPosted = fault.New(fault.Invalid, "card_invalid", "請輸入 12 至 19 位數字的完整卡號。").At("card")
	// ErrCardKey tells that a key opens no card: it is too old, another account's, or
	// made up.
	ErrCardKey = fault.New(fault.Invalid, "card_key_unusable",
		"這個卡號查詢已逾時（24 小時），或不是由您的帳號建立。請重新輸入卡號。").At("card_key")
)

// Cards turns a whole card number, which never stands in an address, into a key that
// does. The key says nothing to whoever reads it, and opens for one account only.
type Cards interface {
	// CardKey returns a key of a card for an account.
	CardKey(ctx context.Context, pan secret.PAN, by account.ID, now time.Time) (string, error)
	// OpenCard returns the card of a key. It returns ErrCardKey.
	OpenCard(ctx context.Context, key string, by account.ID, now time.Time) (Card, error)
}

// ParseCard reads a whole card number as it was posted. It returns ErrCardPosted. The
// check digit is not asked for: published test cards fail it.
func ParseCard(text string) (secret.PAN, error) {
	pan, err := secret.ParsePAN(fold(text))
	if err != nil {
		return secret.PAN{}, ErrCardPosted
	}
	return pan, nil
}

// cardKeyMax is longer than any key.
const cardKeyMax = 1024

func (r *reader) cardKey(field string, f TransactionFilter) string {
	key := r.One(field)
	switch {
	case key == "":
		return ""
	case len(key) > cardKeyMax:
		r.RefuseWith(ErrCardKey, field, ErrCardKey.Public)
		return ""
	case len(f.Wanted) > 0:
		r.Refuse(field, "完整卡號與其他號碼不能同時查詢，請清除其中一項。")
		return ""
	case f.Numbers != CardNos:
		r.Refuse(field, "以完整卡號查詢時，「輸入查詢」須為信用卡號。")
		return ""
	}
	return key
}
