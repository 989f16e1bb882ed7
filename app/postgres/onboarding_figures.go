package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
)

// ageBands are the groups of open applications by days since 送出.
var ageBands = []onboarding.AgeBand{
	{From: 0, To: 2}, {From: 3, To: 5}, {From: 6, To: 10}, {From: 11, To: 20}, {From: 21},
}

const (
	figureWeeks = 12
	figureDays  = 180
)

// Figures implements onboarding.Records.
func (o Onboarding) Figures(ctx context.Context, now time.Time) (onboarding.Figures, error) {
	g := o.db.reader(ctx)
	today := clock.DateOf(now)
	f := onboarding.Figures{At: now}
	var ages []int
	var weeks []time.Time
	var times []struct {
		State  string
		Median int64 // seconds
		Count  int
	}
	monday := mondayOf(today)
	first := monday.AddDays(-7 * (figureWeeks - 1))
	err := errors.Join(
		g.Raw(`SELECT CAST(CAST(? AS date) - CAST(a.submitted_at AT TIME ZONE 'Asia/Taipei' AS date) AS int)
			FROM applications a WHERE `+applicationOpen, today.String()).Scan(&ages).Error,
		g.Raw(`SELECT count(*) FILTER (WHERE a.due_until < CAST(@today AS date)) AS overdue,
				count(*) FILTER (WHERE a.due_until = CAST(@today AS date)) AS last_day
			FROM applications a WHERE `+applicationOpen, map[string]any{"today": today.String()}).
			Row().Scan(&f.Overdue, &f.LastDay),
		g.Raw(`SELECT state, CAST(percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM took)) AS bigint) AS median,
				count(*) AS count
			FROM (SELECT state, at, lead(at) OVER (PARTITION BY application_id ORDER BY id) - at AS took
				FROM (SELECT *, lag(state) OVER (PARTITION BY application_id ORDER BY id) AS was
					FROM application_steps) AS e
				WHERE was IS DISTINCT FROM state) AS s
			WHERE took IS NOT NULL AND at > ? GROUP BY state`, now.AddDate(0, 0, -figureDays)).
			Scan(&times).Error,
		g.Raw("SELECT at FROM store_events WHERE passkey_on AND at >= ?", first.Start()).Scan(&weeks).Error,
	)
	if err != nil {
		return onboarding.Figures{}, fmt.Errorf("read figures: %w", err)
	}
	f.Open = len(ages)
	for _, band := range ageBands {
		for _, age := range ages {
			if age >= band.From && (band.To == 0 || age <= band.To) {
				band.Count++
			}
		}
		f.Ages = append(f.Ages, band)
	}
	for _, state := range onboarding.States {
		for _, t := range times {
			if t.State == string(state) && state.Open() {
				f.Times = append(f.Times, onboarding.StepTime{
					State: state, Median: time.Duration(t.Median) * time.Second, Count: t.Count,
				})
			}
		}
	}
	for d := first; !monday.Before(d); d = d.AddDays(7) {
		week := onboarding.WeekCount{Monday: d}
		for _, at := range weeks {
			if mondayOf(clock.DateOf(at)).Equal(d) {
				week.Count++
			}
		}
		f.Activated = append(f.Activated, week)
	}
	return f, nil
}

// mondayOf returns the Monday of a day's week.
func mondayOf(d clock.Date) clock.Date {
	weekday := int(d.Start().In(clock.Taipei).Weekday())
	return d.AddDays(-(weekday + 6) % 7)
}
