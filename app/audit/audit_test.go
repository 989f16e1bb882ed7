package audit_test

import (
	"encoding/hex"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func TestEveryKindHasWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]audit.Kind{}
	for _, kind := range audit.Kinds {
		label := kind.Label()
		if other, taken := seen[label]; taken || label == string(kind) || label == "" {
			t.Errorf("%s is called %q, like %q", kind, label, other)
		}
		seen[label] = kind
	}
	if got := audit.Kind("newer_than_this").Label(); got != "newer_than_this" {
		t.Errorf("an unknown kind is called %q", got)
	}
}

var texts = rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9 ]{0,12}`), rapid.Just(""),
	rapid.StringMatching(`([0-9]{3,19}[- +]?){0,40}`))

var entries = rapid.Custom(func(t *rapid.T) audit.Entry {
	change := rapid.Custom(func(t *rapid.T) audit.Change {
		return audit.Change{
			Field: texts.Draw(t, "field"), Before: texts.Draw(t, "before"), After: texts.Draw(t, "after"),
		}
	})
	return audit.Entry{
		By: audit.By{
			Chain: rapid.Int64Range(0, 1<<40).Draw(t, "chain"), AccountID: rapid.Int64().Draw(t, "account"),
			Login: texts.Draw(t, "login"), ViewedAs: texts.Draw(t, "viewed as"),
			Address: texts.Draw(t, "address"), RequestID: texts.Draw(t, "request"),
		},
		At:      time.UnixMicro(rapid.Int64Range(1, 4102444800_000000).Draw(t, "at")),
		Kind:    rapid.SampledFrom(audit.Kinds).Draw(t, "kind"),
		Subject: texts.Draw(t, "subject"), Changes: rapid.SliceOfN(change, 0, 3).Draw(t, "changes"),
	}
})

func normal(t interface{ Fatal(args ...any) }, e audit.Entry) audit.Entry {
	n, err := e.Normal()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var hashes = rapid.Custom(func(t *rapid.T) audit.Hash {
	return audit.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
})

// The hash is over every field: two lines have the same exactly if they are the same.
func TestAnyChangeOfAnyFieldChangesTheHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := normal(t, entries.Draw(t, "entry"))
		sequence, previous := rapid.Int64Range(1, 1<<40).Draw(t, "sequence"), hashes.Draw(t, "previous")
		whole := audit.Seal(e, sequence, previous)
		if again := audit.Seal(e, sequence, previous); again.Hash != whole.Hash {
			t.Fatal("the same line has two hashes")
		}
		if audit.Seal(e, sequence+1, previous).Hash == whole.Hash {
			t.Fatal("the sequence is not in the hash")
		}
		other := previous
		other[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		if audit.Seal(e, sequence, other).Hash == whole.Hash {
			t.Fatal("the previous hash is not in the hash")
		}
		changed := e
		changed.Changes = slices.Clone(e.Changes)
		field := alter(t, &changed)
		if audit.Seal(changed, sequence, previous).Hash == whole.Hash {
			t.Fatalf("%s is not in the hash", field)
		}
	})
}

// alter changes one field, found by reflection: one that is added later is tested too.
func alter(t *rapid.T, e *audit.Entry) string {
	v := reflect.ValueOf(e).Elem()
	fields := reflect.VisibleFields(v.Type())
	fields = slices.DeleteFunc(fields, func(f reflect.StructField) bool { return f.Anonymous })
	field := rapid.SampledFrom(fields).Draw(t, "field")
	switch at := v.FieldByIndex(field.Index).Addr().Interface().(type) {
	case *string:
		*at += "x"
	case *audit.Kind:
		*at += "x"
	case *int64:
		*at++
	case *time.Time:
		*at = at.Add(time.Microsecond)
	case *[]audit.Change:
		alterChanges(t, at)
	default:
		t.Fatalf("a field %s of a type that this test does not know", field.Name)
	}
	return field.Name
}

func alterChanges(t *rapid.T, changes *[]audit.Change) {
	if len(*changes) == 0 || rapid.Bool().Draw(t, "one more") {
		*changes = append(*changes, audit.Change{})
		return
	}
	c := &(*changes)[rapid.IntRange(0, len(*changes)-1).Draw(t, "change")]
	text := rapid.SampledFrom([]*string{&c.Field, &c.Before, &c.After}).Draw(t, "text")
	*text += "x"
}

func TestWhatMovesFromFieldToFieldChangesTheHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := normal(t, entries.Draw(t, "entry"))
		b := a
		a.Login, a.ViewedAs = "clerk", "01"
		b.Login, b.ViewedAs = "clerk0", "1"
		if audit.Seal(a, 1, audit.Hash{}).Hash == audit.Seal(b, 1, audit.Hash{}).Hash {
			t.Fatal("two entries are written alike")
		}
	})
}

// The format is a promise: a stored chain must verify with every later program.
func TestTheHashOfAKnownLine(t *testing.T) {
	t.Parallel()
	l := audit.Seal(audit.Entry{
		By: audit.By{Chain: 7, AccountID: 3, Login: "clerk01", Address: "192.0.2.1", RequestID: "REQUEST"},
		At: noon, Kind: audit.AssistantChanged, Subject: "clerk02",
		Changes: []audit.Change{{Field: "信用卡交易專用查詢", Before: "僅可瀏覽", After: "可瀏覽可修改"}},
	}, 2, audit.Hash{1})
	const want = "01538ca4370c4938122e8d7af89a934fe85089df0691f6083c3f9cce356629ce"
	if got := l.Hash.String(); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestAnEntryIsMadeFitToBeKept(t *testing.T) {
	t.Parallel()
	e := audit.Entry{
		By: audit.By{Chain: 1, Login: "a\x00b\xff", Address: strings.Repeat("位", 300)},
		At: time.Date(2026, 11, 24, 12, 0, 0, 1999, time.FixedZone("", 8*3600)), Kind: audit.SignInFailed,
		Changes: []audit.Change{{Before: "\x00"}},
	}
	given := e.Changes[0]
	got := normal(t, e)
	if got.Login != "a�b�" || len([]rune(got.Address)) != 200 || !strings.HasSuffix(got.Address, "…") ||
		!got.At.Equal(noon.Add(time.Microsecond)) || got.At.Location() != time.UTC || got.Changes[0].Before != "�" {
		t.Errorf("%+v", got)
	}
	if e.Changes[0] != given {
		t.Error("the caller's changes were changed")
	}
	e.Login = "4000 2211 1111 1111"
	if got := normal(t, e); got.Login != "400022******1111" {
		t.Errorf("a card number that was typed as a login is kept as %q", got.Login)
	}
	for name, broken := range map[string]func(*audit.Entry){
		"an unknown kind": func(e *audit.Entry) { e.Kind = "other" },
		"no time":         func(e *audit.Entry) { e.At = time.Time{} },
		"no chain":        func(e *audit.Entry) { e.Chain = -1 },
	} {
		b := e
		broken(&b)
		if _, err := b.Normal(); !errors.Is(err, audit.ErrEntry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNormalIsNormal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := normal(t, entries.Draw(t, "entry"))
		if diff := cmp.Diff(once, normal(t, once)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestChangesComeBackAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := normal(t, entries.Draw(t, "entry")).Changes
		text, err := audit.EncodeChanges(changes)
		if err != nil {
			t.Fatal(err)
		}
		back, err := audit.DecodeChanges(text)
		if err != nil || len(back) != len(changes) || len(back) > 0 && !slices.Equal(back, changes) {
			t.Fatalf("%s came back as %v, %v", text, back, err)
		}
		if _, err := audit.DecodeChanges(" " + text); !errors.Is(err, audit.ErrChanges) {
			t.Fatalf("a changed text: %v", err)
		}
	})
	for _, text := range []string{"", "null", "{}", "[1]", `[{"field":"a","before":"","after":"","more":1}]`} {
		if _, err := audit.DecodeChanges(text); !errors.Is(err, audit.ErrChanges) {
			t.Errorf("DecodeChanges(%s): %v", text, err)
		}
	}
}

func TestCursorComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := audit.Cursor{
			Newer:    rapid.Bool().Draw(t, "newer"),
			Sequence: rapid.Int64Min(1).Draw(t, "sequence"),
		}
		if back, err := audit.ParseCursor(c.String()); err != nil || back != c {
			t.Fatalf("%+v came back as %+v, %v", c, back, err)
		}
	})
	if c, err := audit.ParseCursor(""); err != nil || !c.IsZero() || c.String() != "" {
		t.Errorf("no cursor: %+v, %v", c, err)
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(audit.Cursor{Sequence: 1}.String())
	f.Add("not a cursor")
	f.Add("bwAAAAAA\nAAAAE")
	f.Add(hex.EncodeToString(make([]byte, 9)))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := audit.ParseCursor(s)
		if err != nil {
			if !errors.Is(err, audit.ErrCursor) {
				t.Fatal(err)
			}
			return
		}
		if c.String() != s {
			t.Fatalf("%q is another writing of %q", s, c.String())
		}
	})
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from, to string
		wrong    []string // fields
	}{
		"":                                 {from: "2026-10-26", to: "2026-11-24"},
		"from=2026-11-01":                  {from: "2026-11-01", to: "2026-11-24"},
		"to=2026-11-10":                    {from: "2026-10-12", to: "2026-11-10"},
		"from=2027-01-01":                  {from: "2027-01-01", to: "2027-01-01"},
		"from=2025-10-21&to=2026-11-24":    {from: "2025-10-21", to: "2026-11-24"},
		"from=2025-10-20&to=2026-11-24":    {from: "2026-10-26", to: "2026-11-24", wrong: []string{"to"}},
		"from=2026-11-02&to=2026-11-01":    {from: "2026-10-26", to: "2026-11-24", wrong: []string{"to"}},
		"from=yesterday&kind=x&cursor=x":   {from: "2026-10-26", to: "2026-11-24", wrong: []string{"kind", "from", "cursor"}},
		"kinds=signed_in&account=a&q=b":    {from: "2026-10-26", to: "2026-11-24", wrong: []string{"kinds"}},
		"account=a&account=b&q=%00":        {from: "2026-10-26", to: "2026-11-24", wrong: []string{"account", "q"}},
		"q=" + strings.Repeat("x", 201):    {from: "2026-10-26", to: "2026-11-24", wrong: []string{"q"}},
		"kind=signed_in&kind=password_set": {from: "2026-10-26", to: "2026-11-24"},
	}
	for address, tt := range tests {
		values, err := url.ParseQuery(address)
		if err != nil {
			t.Fatal(err)
		}
		f, faults := audit.ParseFilter(values, noon)
		var wrong []string
		for _, problem := range faults {
			if problem.Kind != fault.Invalid || problem.Public == "" {
				t.Errorf("%q: %+v", address, problem)
			}
			wrong = append(wrong, problem.Field)
		}
		if f.From.String() != tt.from || f.To.String() != tt.to || !slices.Equal(wrong, tt.wrong) {
			t.Errorf("%q: %s to %s, wrong %v", address, f.From, f.To, wrong)
		}
	}
	f, _ := audit.ParseFilter(url.Values{
		"kind": {"signed_in", "", "password_set", "signed_in"}, "account": {" Clerk01 "}, "q": {"26112"},
	}, noon)
	kinds := []audit.Kind{audit.SignedIn, audit.PasswordSet}
	if !slices.Equal(f.Kinds, kinds) || f.Login != "Clerk01" || f.Subject != "26112" {
		t.Errorf("%+v", f)
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("from=2026-11-01&to=2026-11-24&kind=signed_in&account=clerk01&q=1&cursor=x")
	f.Fuzz(func(t *testing.T, address string) {
		values, _ := url.ParseQuery(address)
		got, _ := audit.ParseFilter(values, noon)
		if days := got.From.DaysUntil(got.To) + 1; days < 1 || days > audit.DaysMax {
			t.Fatalf("%d days", days)
		}
		if len(got.Kinds) > len(audit.Kinds) {
			t.Fatalf("%d kinds", len(got.Kinds))
		}
	})
}

func TestWalkFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	chain := func() (lines []audit.Line) {
		var previous audit.Hash
		for i := range int64(5) {
			l := audit.Seal(normal(t, audit.Entry{By: audit.By{Chain: 1}, At: noon, Kind: audit.SignedIn}), i+1, previous)
			lines, previous = append(lines, l), l.Hash
		}
		return lines
	}
	for name, tt := range map[string]struct {
		harm func(lines []audit.Line) []audit.Line
		bad  int64
	}{
		"whole":             {func(l []audit.Line) []audit.Line { return l }, 0},
		"altered":           {func(l []audit.Line) []audit.Line { l[2].Login = "x"; return l }, 3},
		"altered, resealed": {func(l []audit.Line) []audit.Line { return resealed(l, 2) }, 4},
		"last resealed":     {func(l []audit.Line) []audit.Line { return resealed(l, 4) }, 5},
		"first missing":     {func(l []audit.Line) []audit.Line { return l[1:] }, 1},
		"middle missing":    {func(l []audit.Line) []audit.Line { return slices.Delete(l, 2, 3) }, 3},
		"tail cut":          {func(l []audit.Line) []audit.Line { return l[:3] }, 4},
		"all cut":           {func([]audit.Line) []audit.Line { return nil }, 1},
		"swapped": {func(l []audit.Line) []audit.Line {
			l[1].Sequence, l[2].Sequence = 3, 2
			l[1], l[2] = l[2], l[1]
			return l
		}, 2},
		"of another chain": {func(l []audit.Line) []audit.Line { l[3].Chain = 2; return l }, 4},
	} {
		whole := chain()
		head := audit.Head{Chain: 1, Sequence: 5, Hash: whole[4].Hash}
		walk := audit.Walk{Chain: 1}
		var err error
		for _, l := range tt.harm(whole) {
			if err = walk.Next(l, nil); err != nil {
				break
			}
		}
		if err == nil {
			err = walk.End(head)
		}
		var broken *audit.BrokenError
		found := errors.As(err, &broken)
		if found != (tt.bad > 0) || found && (broken.Sequence != tt.bad || broken.Chain != 1) {
			t.Errorf("%s: %v, want entry %d", name, err, tt.bad)
		}
	}
}

// resealed forges one line and its own hash.
func resealed(lines []audit.Line, at int) []audit.Line {
	l := lines[at]
	l.Subject = "forged"
	lines[at] = audit.Seal(l.Entry, l.Sequence, l.Previous)
	return lines
}
