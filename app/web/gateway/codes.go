package gateway

import (
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

const hour = time.Hour

// pageCodes are the codes of the payment page for the faults that its handlers
// return. What is not listed is a fault of ours: ConnectionFault.
var pageCodes = map[fault.Code]wire.Code{
	member.ErrStoreNotFound.Code: wire.MPGNoStore,
	payment.ErrOrderNoTaken.Code: wire.MPGDuplicateOrder,
	payment.ErrNotFound.Code:     wire.MPGNoStore,
	payment.ErrEnded.Code:        wire.MPGExpired,
	web.ErrNoPage.Code:           wire.MPGNoStore,
	web.ErrMethod.Code:           wire.MPGSource,
	web.ErrForm.Code:             wire.MPGTradeInfo,
	web.ErrTooLarge.Code:         wire.MPGTradeInfo,
}

// queryCodes are the codes of QueryTradeInfo.
var queryCodes = map[fault.Code]wire.Code{
	member.ErrStoreNotFound.Code: wire.TRANoStore,
	payment.ErrNotFound.Code:     wire.TRANotFound,
	lockout.ErrLocked.Code:       wire.TRAQueryLocked,
	web.ErrForm.Code:             wire.TRAIncomplete,
	web.ErrTooLarge.Code:         wire.TRAIncomplete,
}

func pageRefusal(f *fault.Fault) *wire.Error { return refusalFrom(pageCodes, f) }

func queryRefusal(f *fault.Fault) *wire.Error { return refusalFrom(queryCodes, f) }

func refusalFrom(codes map[fault.Code]wire.Code, f *fault.Fault) *wire.Error {
	if code, ok := codes[f.Code]; ok {
		return wire.Refuse(code, f.Field)
	}
	return wire.Refuse(wire.ConnectionFault, "")
}
