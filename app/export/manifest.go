package export

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/report"
)

// Manifest tells of a file what is in it, for whoever has to prove it later. Times are RFC
// 3339 in Asia/Taipei.
type Manifest struct {
	File       string           `json:"file"`
	Format     Format           `json:"format"`
	Rows       int64            `json:"rows"`
	Sheets     int              `json:"sheets"`
	Bytes      int64            `json:"bytes"`
	SHA256     string           `json:"sha256"`
	SnapshotAt time.Time        `json:"snapshot_at"`
	FinishedAt time.Time        `json:"finished_at"`
	Account    string           `json:"account"`
	ViewedAs   string           `json:"viewed_as,omitempty"`
	Query      string           `json:"query"`
	Conditions []Condition      `json:"conditions"`
	Columns    []ManifestColumn `json:"columns"`
	Order      string           `json:"order"` // such as "created desc"
	TimeZone   string           `json:"time_zone"`
	Currency   string           `json:"currency"`
}

// ManifestColumn is one column of the file.
type ManifestColumn struct {
	Name report.Column `json:"name"`
	Head string        `json:"head"`
}

// orders name the column whose time the rows are ordered by.
var orders = map[report.DateKind]report.Column{
	report.ByTrade: report.ColCreated, report.ByAuthorised: report.ColAuthorised,
	report.ByCaptured: report.ColCapturedAt, report.ByRefunded: report.ColRefundedAt,
	report.BySettled: report.ColSettledAt,
}

// Manifest returns the manifest of an export that is done.
func (s *Service) Manifest(r Record) Manifest {
	m := Manifest{
		File: r.File, Format: r.Format, Rows: r.Rows, Sheets: r.Sheets, Bytes: r.Bytes, SHA256: r.SHA256,
		SnapshotAt: r.SnapshotAt.In(clock.Taipei), FinishedAt: r.FinishedAt.In(clock.Taipei),
		Account: r.By.Login, ViewedAs: r.By.ViewedAs, Query: r.Subject, Conditions: r.Conditions,
		Order: string(orders[r.DateKind]) + " desc", TimeZone: clock.Taipei.String(), Currency: "TWD",
	}
	for i, f := range s.Words.fieldsOf(r.Columns, report.Scope{}) {
		m.Columns = append(m.Columns, ManifestColumn{Name: r.Columns[i], Head: f.head})
	}
	return m
}
