package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// shelf is a store in memory that hands out as many rows as it is told, and may lie about
// how many they are, or break.
type shelf struct {
	export.Store
	rows, told int64
	breaks     int64 // the row at which it breaks; 0 for never
	begun      int
	kept       []export.Record
	entries    []audit.Entry
}

var errBroken = errors.New("the database is gone")

func (s *shelf) Snapshot(
	_ context.Context, _ export.Query, begin func(int64) error, row func(*export.Row) error,
) error {
	if err := begin(s.told); err != nil {
		return err
	}
	for i := range s.rows {
		if i+1 == s.breaks {
			return errBroken
		}
		if err := row(&export.Row{TradeNo: fmt.Appendf(nil, "%017d", i)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) Begin(_ context.Context, _ export.Record, _ time.Time, e audit.Entry) (int64, error) {
	s.begun++
	s.entries = append(s.entries, e)
	return 7, nil
}

func (s *shelf) Finish(_ context.Context, r export.Record, _ *audit.Entry) error {
	s.kept = append(s.kept, r)
	return nil
}

func (s *shelf) Release(_ context.Context, r export.Record, _ time.Time) error {
	s.kept = append(s.kept, r)
	return nil
}

func scopeOf(m member.ID) report.Scope {
	return report.ScopeOf(account.Actor{
		Account: account.Account{ID: 1, Kind: account.Owner}, Member: member.Member{ID: m},
	})
}

func order() export.Order {
	return export.Order{
		Account: 1, Scope: scopeOf(1), Columns: []report.Column{report.ColTradeNo}, Format: export.CSV,
		By: audit.By{Chain: 1},
	}
}

func service(s *shelf) *export.Service {
	return export.New(export.Options{Store: s, Clock: clock.NewFake(time.Unix(1_795_000_000, 0))})
}

func TestADownloadIsWholeOrFailed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		shelf shelf
		state export.State
	}{
		{"whole", shelf{rows: 50_000, told: 50_000}, export.Done},
		{"empty", shelf{}, export.Done},
		{"broken in the middle", shelf{rows: 50_000, told: 50_000, breaks: 40_000}, export.Failed},
		{"fewer than were counted", shelf{rows: 9, told: 10}, export.Failed},
		{"more than were counted", shelf{rows: 11, told: 10}, export.Failed},
	} {
		var file bytes.Buffer
		err := service(&tt.shelf).Download(t.Context(), order(), func(export.Record) io.Writer {
			if tt.shelf.begun != 1 {
				t.Errorf("%s: bytes leave that are not recorded", tt.name)
			}
			return &file
		})
		if (err == nil) != (tt.state == export.Done) || len(tt.shelf.kept) != 1 {
			t.Fatalf("%s: %v, %d records", tt.name, err, len(tt.shelf.kept))
		}
		r := tt.shelf.kept[0]
		if r.State != tt.state || (r.SHA256 != "") != (tt.state == export.Done) || (r.Failure == "") != (err == nil) {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if r.State == export.Done && (r.Bytes != int64(file.Len()) || r.Rows != tt.shelf.rows) {
			t.Errorf("%s: %d bytes, %+v", tt.name, file.Len(), r)
		}
	}
}

type goneReader struct{}

func (goneReader) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAReaderThatGoesAwayLeavesAFailedDownload(t *testing.T) {
	t.Parallel()
	s := &shelf{rows: 50_000, told: 50_000}
	err := service(s).Download(t.Context(), order(), func(export.Record) io.Writer { return goneReader{} })
	if !errors.Is(err, io.ErrClosedPipe) || len(s.kept) != 1 || s.kept[0].State != export.Failed || len(s.entries) != 1 {
		t.Errorf("%v %+v", err, s.kept)
	}
}

func TestAMemberDownloadsSoMuchAtOnce(t *testing.T) {
	t.Parallel()
	x := service(&shelf{})
	var inside func(depth int) error
	inside = func(depth int) error {
		var deeper error
		err := x.Download(t.Context(), order(), func(export.Record) io.Writer {
			if depth > 1 {
				deeper = inside(depth - 1)
			}
			return io.Discard
		})
		return errors.Join(err, deeper)
	}
	if err := inside(export.StreamsMax); err != nil {
		t.Error(err)
	}
	if err := inside(export.StreamsMax + 1); !errors.Is(err, export.ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	if err := inside(1); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A year of transactions in constant memory: b.ReportAllocs tells how much a row costs.
func BenchmarkCSV(b *testing.B) { benchmark(b, export.CSV) }

func BenchmarkXLSX(b *testing.B) { benchmark(b, export.XLSX) }

func benchmark(b *testing.B, f export.Format) {
	const rows = 100_000
	b.ReportAllocs()
	for b.Loop() {
		o := order()
		o.Format, o.Columns = f, report.Columns
		s := &shelf{rows: rows, told: rows}
		if err := service(s).Download(b.Context(), o, func(export.Record) io.Writer { return io.Discard }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
