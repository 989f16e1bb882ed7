package member

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
)

// listings remembers which searches were recorded lately: to refresh a list and to
// leaf through it is one look at it. What it forgets is recorded once more.
type listings struct {
	mu   sync.Mutex
	last map[listing]time.Time
}

// listing is a search by somebody in one sign-in: whoever signs in anew looks anew.
type listing struct {
	session  account.SessionID
	viewedAs string
	subject  string
}

const (
	sameListing = 10 * time.Minute
	listingsMax = 4096
)

// seen tells that the search was recorded within the last ten minutes.
func (l *listings) seen(which listing, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.last[which]
	return ok && now.Sub(at) < sameListing
}

// note remembers a search that was recorded.
func (l *listings) note(which listing, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) >= listingsMax {
		for old, at := range l.last {
			if now.Sub(at) >= sameListing {
				delete(l.last, old)
			}
		}
	}
	if l.last == nil || len(l.last) >= listingsMax {
		l.last = map[listing]time.Time{}
	}
	l.last[which] = now
}

// recordListing tells the audit log that card data is listed. Without the entry there
// is no list.
func (p *pages) recordListing(c *gin.Context, q query) error {
	if showsNothing(c) {
		return nil
	}
	by, now := web.By(c), p.Clock.Now()
	which := listing{session: web.Actor(c).Session.ID, viewedAs: by.ViewedAs, subject: listingSubject(q)}
	if p.listings.seen(which, now) {
		return nil
	}
	if err := p.record(c.Request.Context(), by, audit.TransactionsListed, which.subject); err != nil {
		return err
	}
	p.listings.note(which, now)
	return nil
}

// recordView tells the audit log that a transaction is shown. Without the entry it is
// not.
func (p *pages) recordView(c *gin.Context, no ident.TradeNo) error {
	if showsNothing(c) {
		return nil
	}
	return p.record(c.Request.Context(), web.By(c), audit.TransactionViewed, string(no))
}

// showsNothing tells that the answer has no body: nobody sees anything.
func showsNothing(c *gin.Context) bool { return c.Request.Method == http.MethodHead }

func (p *pages) record(ctx context.Context, by audit.By, kind audit.Kind, subject string) error {
	return p.Audit.Record(ctx, audit.Entry{By: by, At: p.Clock.Now(), Kind: kind, Subject: subject})
}

// listingSubject writes what is searched as a query string: the filter with its days
// spelled out, whatever page of it is shown, and no card number.
func listingSubject(q query) string {
	values := q.set()
	values.Del("limit")
	if q.filter.LooksUp() {
		values.Set("q", strings.Join(maskedNumbers(q.filter), " "))
	} else {
		values.Set("from", q.filter.From.String())
		values.Set("to", q.filter.To.String())
	}
	return values.Encode()
}

// maskedNumbers are the numbers that are looked up. The filter refuses a card number;
// an order number may still look like one, and is then masked.
func maskedNumbers(f report.TransactionFilter) []string {
	numbers := make([]string, len(f.Wanted))
	for i, number := range f.Wanted {
		numbers[i] = number
		if f.Numbers == report.TradeNos {
			continue
		}
		if _, ok := ident.ParseTradeNo(number); ok {
			continue
		}
		if pan, err := secret.ParsePAN(number); err == nil && pan.Luhn() {
			numbers[i] = pan.Masked()
		}
	}
	return numbers
}
