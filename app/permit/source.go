package permit

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unique"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// Source is the text of the policy files.
type Source struct {
	Model   string // Casbin's model
	Policy  string // Casbin's p lines
	Screens string // screen, unit, level: one line a screen
	Staff   string // Casbin's p and g lines of our staff's roles
	// Known are the screens that must have a line each; nil for the program's own.
	// A measurement sets it, to have a screen for each unit.
	Known []Screen
}

// need is what a screen asks for.
type need struct {
	row   int // index of the registry
	level Level
}

// readScreens reads what each screen needs. It refuses a screen without a line, a
// line for no screen, and an unknown unit or level.
func readScreens(s Source) (map[unique.Handle[Screen]]need, error) {
	known := s.Known
	if known == nil {
		known = screens
	}
	lines, err := readLines(s.Screens, 3)
	if err != nil {
		return nil, err
	}
	needs := map[unique.Handle[Screen]]need{}
	for _, line := range lines {
		screen, row := Screen(line[0]), indexOf(Unit(line[1]))
		level, ok := ParseLevel(line[2])
		if !slices.Contains(known, screen) {
			return nil, fmt.Errorf("no screen is called %q", screen)
		}
		if row < 0 || !ok || level == None {
			return nil, fmt.Errorf("%s: %q, %q is no unit and level", screen, line[1], line[2])
		}
		if _, twice := needs[unique.Make(screen)]; twice {
			return nil, fmt.Errorf("two lines for %s", screen)
		}
		needs[unique.Make(screen)] = need{row, level}
	}
	for _, screen := range known {
		if _, ok := needs[unique.Make(screen)]; !ok {
			return nil, fmt.Errorf("no line for %s", screen)
		}
	}
	return needs, nil
}

// readPolicy builds Casbin's enforcer with its p lines. It refuses a line for an
// unknown unit or level: Casbin would keep it and never use it.
func readPolicy(s Source) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(s.Model)
	if err != nil {
		return nil, fmt.Errorf("read the permission model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("build the permission enforcer: %w", err)
	}
	lines, err := readLines(s.Policy, 4)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	for _, line := range lines {
		if line[0] != "p" || !isRole(line[1]) || indexOf(Unit(line[2])) < 0 || !isLevel(line[3]) {
			return nil, fmt.Errorf("read the policy: %q is no unit:level, unit, level", line)
		}
		if _, err := e.AddPolicy(line[1], line[2], line[3]); err != nil {
			return nil, fmt.Errorf("read the policy: %w", err)
		}
	}
	return e, nil
}

// isRole tells that a text is the name that grants are put to Casbin under.
func isRole(text string) bool {
	unit, level, _ := strings.Cut(text, ":")
	return indexOf(Unit(unit)) >= 0 && isLevel(level)
}

// isLevel tells that a text names a level that allows something.
func isLevel(text string) bool {
	level, ok := ParseLevel(text)
	return ok && level != None
}

func readLines(text string, fields int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, fields
	var lines [][]string
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
}
