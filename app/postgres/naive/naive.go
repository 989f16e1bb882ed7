package naive

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	gormpg "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Transaction is a row as gorm maps it, every column.
type Transaction struct {
	ID, MemberID, StoreID                            int64
	TradeNo, OrderNo, ItemDesc, Status, PayType      string
	Amount, CapturedAmount, RefundedAmount           int64
	Verification, ECI, CardFirst6, CardLast4         string
	AuthCode, AcquirerBank, IssuerBank, MandateNo    string
	RespondCode, RespondMessage, PayerIP, CardExpiry string
	ThreeD, TokenBind, TokenCharge, Settled          bool
	Brand                                            *string
	CreatedAt                                        time.Time
	AuthorisedAt, CapturedAt, RefundedAt, SettledAt  *time.Time
}

// List is a list page with gorm's own methods: a count, an offset, all columns, a
// template. It checks no session, no permission and no store.
type List struct{ db *gorm.DB }

// Open connects to a database.
func Open(url string) (List, error) {
	db, err := gorm.Open(gormpg.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return List{}, fmt.Errorf("open the naive list: %w", err)
	}
	return List{db}, nil
}

// Close closes the connections.
func (l List) Close() error {
	db, err := l.db.DB()
	if err != nil {
		return err
	}
	return db.Close()
}

// Query says whose transactions to show, of which days, and which page.
type Query struct {
	Member   int64
	From, To time.Time
	Page     int // from 0
}

const pageRows = 50

var page = template.Must(template.New("").Parse(`<p>{{.Count}}</p><table>{{range .Rows}}<tr>
<td>{{.CreatedAt}}</td><td>{{.TradeNo}}</td><td>{{.OrderNo}}</td><td>{{.StoreID}}</td><td>{{.PayType}}</td>
<td>{{.CardFirst6}}…{{.CardLast4}}</td><td>{{.Amount}}</td><td>{{.Status}}</td><td>{{.Settled}}</td>
<td>{{.Verification}}</td><td>{{.AuthCode}}</td></tr>{{end}}</table>`))

// Handler answers every request with the page.
func (l List) Handler(q Query) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rows, count, err := l.read(r.Context(), q)
		var text bytes.Buffer
		if err == nil {
			err = page.Execute(&text, map[string]any{"Rows": rows, "Count": count})
		}
		if err != nil {
			http.Error(w, "failed", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(text.Len()))
		_, _ = text.WriteTo(w)
	})
}

func (l List) read(ctx context.Context, q Query) (rows []Transaction, count int64, err error) {
	found := l.db.WithContext(ctx).Model(&Transaction{}).
		Where("member_id = ? AND created_at >= ? AND created_at < ?", q.Member, q.From, q.To)
	if err := found.Count(&count).Error; err != nil {
		return nil, 0, fmt.Errorf("count: %w", err)
	}
	err = found.Order("created_at DESC, id DESC").Offset(q.Page * pageRows).Limit(pageRows).Find(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list: %w", err)
	}
	return rows, count, nil
}
