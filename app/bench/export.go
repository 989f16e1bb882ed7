package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/memberzone/memberzone/app/clock"
)

// ExportCost is what a CSV export over HTTP costs beside COPY of the same rows.
type ExportCost struct {
	Rows         int
	Program      float64 // rows a second
	Limit        float64
	MemoryBefore int64 // bytes of the process when it had started and nothing was asked of it
	MemoryPeak   int64
}

// Ratio is the program's rate as a part of COPY's.
func (c ExportCost) Ratio() float64 { return c.Program / c.Limit }

// exportRows is about how many rows are exported.
const exportRows = 1_000_000

const exportColumns = `created_at, trade_no, order_no, store_id, pay_type, instalments, card_first6, card_last4, amount,
	status, settled, verification, token_bind, token_charge, auth_code`

// export downloads the giant member's newest rows as CSV, and copies them, in turns.
// What earlier measurements left behind is given back first; idle is the process before them.
func (l *lab) export(ctx context.Context, idle int64) (c ExportCost, err error) {
	days, err := l.exportDays(ctx)
	if err != nil {
		return ExportCost{}, err
	}
	to := clock.DateOf(l.newest)
	statement := fmt.Sprintf(`COPY (SELECT %s FROM transactions WHERE member_id = %d AND created_at >= '%s'
		AND created_at < '%s' ORDER BY created_at DESC, id DESC) TO STDOUT`, exportColumns, l.giant.scope.Member(),
		textOf(to.AddDays(1-days).Start()), textOf(to.End()))
	c.MemoryBefore = idle
	debug.FreeOSMemory()
	forgetPeak()
	var program, limit []Load
	for range l.o.Rounds {
		one, rows, err := timedLines(func() (io.ReadCloser, error) { return l.download(ctx, days) })
		if err != nil {
			return ExportCost{}, err
		}
		alone, copied, err := timedLines(func() (io.ReadCloser, error) { return l.copyOut(ctx, statement) })
		if err != nil {
			return ExportCost{}, err
		}
		if rows != copied+1 { // the head
			return ExportCost{}, fmt.Errorf("%w: %d lines exported, %d copied", errAnswer, rows, copied)
		}
		c.Rows = copied
		program, limit = append(program, one), append(limit, alone)
	}
	c.Program, c.Limit = middle(program).Rate, middle(limit).Rate
	c.MemoryPeak, err = peakMemory()
	return c, err
}

// exportDays is how many days hold about exportRows rows.
func (l *lab) exportDays(ctx context.Context) (int, error) {
	var day time.Time
	err := l.db.SQL().QueryRowContext(ctx, `SELECT min(created_at) FROM (SELECT created_at FROM transactions
		WHERE member_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2) AS newest`,
		int64(l.giant.scope.Member()), exportRows).Scan(&day)
	if err != nil {
		return 0, err
	}
	return min(longDays, int(l.newest.Sub(day)/(24*time.Hour))+1), nil
}

func (l *lab) download(ctx context.Context, days int) (io.ReadCloser, error) {
	values := l.days(days, "format", "csv")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+l.address+listPath+"/export?"+values.Encode(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Cookie", l.giant.cookie)
	request.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%w: %s of the export", errAnswer, answer.Status)
	}
	return answer.Body, nil
}

// copyOut runs COPY through psql.
func (l *lab) copyOut(ctx context.Context, statement string) (io.ReadCloser, error) {
	psql := filepath.Join(filepath.Dir(l.limit.program), "psql")
	cmd := exec.CommandContext(ctx, psql, "-X", "-q", "-c", statement, l.url)
	cmd.Env = append(cmd.Environ(), pgOptions)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("run psql: %w", err)
	}
	return &piped{out, cmd}, nil
}

// piped is the output of a program.
type piped struct {
	io.Reader
	cmd *exec.Cmd
}

// Close implements io.Closer.
func (p *piped) Close() error { return p.cmd.Wait() }

// timedLines reads to the end and counts lines.
func timedLines(open func() (io.ReadCloser, error)) (Load, int, error) {
	start := time.Now()
	from, err := open()
	if err != nil {
		return Load{}, 0, err
	}
	lines := 0
	for buffer := make([]byte, 64<<10); err == nil; {
		var n int
		n, err = from.Read(buffer)
		lines += bytes.Count(buffer[:n], []byte{'\n'})
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, from.Close()); err != nil {
		return Load{}, 0, fmt.Errorf("read rows: %w", err)
	}
	return Load{Rate: float64(lines) / time.Since(start).Seconds()}, lines, nil
}

// textOf writes a time for a statement; the session's zone is UTC.
func textOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") }
