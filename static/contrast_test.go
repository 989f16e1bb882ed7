package static

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pair is a colour on a ground, and the contrast WCAG 2.2 asks for: 4.5 for text (1.4.3), 3 for what frames a
// control or carries meaning without words (1.4.11).
type pair struct {
	ink, ground string
	least       float64
}

func TestColoursHoldTheirContrastInBothSchemes(t *testing.T) {
	t.Parallel()
	pairs := []pair{
		{"on-accent", "accent", 4.5},
		{"on-accent", "accent-deep", 4.5},
		{"accent", "accent-soft", 4.5},
		{"ink", "bad-soft", 4.5},
		{"bad", "bad-soft", 4.5},
		{"ink", "wait-soft", 4.5},
		{"wait", "wait-soft", 3},
		{"good", "good-soft", 4.5},
		{"frame", "paper", 3},
		{"frame", "desk", 3},
		{"ink", "accent-soft", 4.5},
	}
	for _, ink := range []string{
		"ink", "ink-2", "ink-3", "accent", "accent-deep", "visited", "good", "wait", "bad", "off",
	} {
		for _, ground := range []string{"paper", "desk", "sunk"} {
			pairs = append(pairs, pair{ink, ground, 4.5})
		}
	}
	check(t, "css/tokens.css", pairs)
}

func TestShopColoursHoldTheirContrastInBothSchemes(t *testing.T) {
	t.Parallel()
	pairs := []pair{
		{"cream", "bark", 4.5},
		{"on-leaf", "leaf", 4.5},
		{"on-leaf", "leaf-deep", 4.5},
		{"edge", "sheet", 3},
		{"edge", "cream", 3},
	}
	for _, ink := range []string{"bark", "moss", "leaf", "leaf-deep", "clay"} {
		pairs = append(pairs, pair{ink, "cream", 4.5}, pair{ink, "sheet", 4.5})
	}
	check(t, "css/shop.css", pairs)
}

func check(t *testing.T, sheet string, pairs []pair) {
	t.Helper()
	content, err := files.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(content), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatalf("%s has no dark scheme", sheet)
	}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colours := colours(text)
		for _, pair := range pairs {
			ink, okInk := colours[pair.ink]
			ground, okGround := colours[pair.ground]
			if !okInk || !okGround {
				t.Fatalf("%s: --%s or --%s is not set in the %s scheme", sheet, pair.ink, pair.ground, scheme)
			}
			if got := contrast(ink, ground); got < pair.least {
				t.Errorf("%s, %s: --%s on --%s is %.2f, want %.1f", sheet, scheme, pair.ink, pair.ground, got, pair.least)
			}
		}
	}
}

func colours(css string) map[string]uint64 {
	found := map[string]uint64{}
	for _, match := range regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		if _, taken := found[match[1]]; taken {
			continue
		}
		value, err := strconv.ParseUint(match[2], 16, 32)
		if err == nil {
			found[match[1]] = value
		}
	}
	return found
}

func contrast(a, b uint64) float64 {
	lighter, darker := max(luminance(a), luminance(b)), min(luminance(a), luminance(b))
	return (lighter + 0.05) / (darker + 0.05)
}

// luminance is the relative luminance as WCAG 2.2 defines it.
func luminance(colour uint64) float64 {
	channel := func(shift uint) float64 {
		value := float64(colour>>shift&0xff) / 255
		if value <= 0.04045 {
			return value / 12.92
		}
		return math.Pow((value+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
