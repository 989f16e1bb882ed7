package seeds

import (
	_ "embed" // of the calendar
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/workday"
)

//go:embed taiwan-workdays.csv
var taiwanWorkdays string

// TaiwanWorkdays returns the calendar that comes with the program: the years that the
// Executive Yuan's Directorate-General of Personnel Administration had announced.
func TaiwanWorkdays() (workday.Calendar, error) {
	c, err := workday.Parse(strings.NewReader(taiwanWorkdays))
	if err != nil {
		return workday.Calendar{}, fmt.Errorf("read taiwan-workdays.csv: %w", err)
	}
	return c, nil
}
