package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// shown is a model of every kind of value that a part is made from.
type shown struct {
	Title   string
	Open    bool
	Count   int
	Options []ui.Option
	Names   []string
}

func drawShown(t *rapid.T, label string) shown {
	texts := rapid.SampledFrom([]string{"", "a", "b", "ab", "\x00", "\x01a", "<", "商店"})
	return shown{
		texts.Draw(t, label), rapid.Bool().Draw(t, label), rapid.IntRange(-2, 300).Draw(t, label),
		rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ui.Option {
			return ui.Option{Value: texts.Draw(t, label), Label: texts.Draw(t, label), Selected: rapid.Bool().Draw(t, label)}
		}), 0, 3).Draw(t, label),
		rapid.SliceOfN(texts, 0, 3).Draw(t, label),
	}
}

func TestPartsAreTheSameOnlyWhereTheirModelsAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := []any{drawShown(t, "a"), drawShown(t, "b").Names}
		b := a
		if rapid.Bool().Draw(t, "other") {
			b = []any{drawShown(t, "c"), drawShown(t, "d").Names}
		}
		names := rapid.SampledFrom([]string{"x", "y", ""})
		first, second := names.Draw(t, "name"), names.Draw(t, "name")
		one, ok := appendKey(nil, first, a)
		two, ok2 := appendKey(nil, second, b)
		if !ok || !ok2 {
			t.Fatal("no key")
		}
		if same := first == second && reflect.DeepEqual(a, b); same != bytes.Equal(one, two) {
			t.Fatalf("%q %+v\n%q %+v\nare the same: %v", first, a, second, b, same)
		}
	})
}

// Every field of a model counts: each is changed alone.
func TestEveryFieldOfAModelIsInItsKey(t *testing.T) {
	t.Parallel()
	plain, ok := appendKey(nil, "", []any{shown{}})
	if !ok {
		t.Fatal("no key")
	}
	of := reflect.TypeFor[shown]()
	for i := range of.NumField() {
		other := reflect.New(of).Elem()
		switch field := other.Field(i); field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int:
			field.SetInt(1)
		default:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		}
		if key, ok := appendKey(nil, "", []any{other.Interface()}); !ok || bytes.Equal(key, plain) {
			t.Errorf("%s does not count", of.Field(i).Name)
		}
	}
}

func TestWhatIsNoPlainModelIsRenderedEachTime(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]any{
		"nil": nil, "map": map[string]string{}, "pointer": &shown{}, "function": func() {}, "component": templ.NopComponent,
		"within": struct{ Any any }{1}, "float": 1.5,
	} {
		var b body
		rendered := 0
		for range 2 {
			err := b.Part("no model/"+name, []any{model}, func(w io.Writer) error {
				rendered++
				_, err := io.WriteString(w, "x")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if rendered != 2 || string(b.html) != "xx" || len(b.known) != 0 {
			t.Errorf("%s: rendered %d times as %q", name, rendered, b.html)
		}
	}
}

// A page of kept parts and of text between them is the same as without keeping, and
// compressed as well, whatever was kept before.
func TestAPageWithKeptPartsIsTheSamePage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want strings.Builder
		b := borrowBody()
		defer b.giveBack()
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			length := rapid.SampledFrom([]int{0, 1, 255, 256, 257, 5000, 40_000}).Draw(t, "length")
			text := strings.Repeat(strconv.Itoa(rapid.IntRange(0, 9999).Draw(t, "text")), length)[:length]
			want.WriteString(text)
			var err error
			if rapid.Bool().Draw(t, "kept") {
				err = b.Part("page", []any{text}, func(w io.Writer) error {
					_, err := io.WriteString(w, text)
					return err
				})
			} else {
				_, err = b.WriteString(text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(b.html) != want.String() {
			t.Fatal("the page is another one")
		}
		var zipped bytes.Buffer
		if err := b.gzip(&zipped); err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(&zipped)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r) // which holds it against length and checksum
		if err != nil || string(got) != want.String() || zipped.Len() != 0 {
			t.Fatalf("unpacked: %v, %d bytes of %d, %d left", err, len(got), want.Len(), zipped.Len())
		}
	})
}

// What the busiest page is made from has keys: a field that has none would have it rendered
// anew each time, and nobody would see it.
func TestTheListOfCardTransactionsIsMadeOfParts(t *testing.T) {
	t.Parallel()
	page := member.CreditCardListPage{
		Shell: layout.MemberShell{Trail: []layout.Crumb{{Label: "銷售中心"}}},
		Count: "共 1 筆", Rows: []member.CreditCardRow{{TradeNo: "1"}},
		Columns: []member.CreditCardColumn{{Name: "trade_no", Label: "金流交易序號"}},
		Chooser: member.CreditCardChooser{Columns: []member.CreditCardColumnChoice{{Name: "trade_no"}}},
		Pick:    member.CreditCardPick{Actions: []member.CreditCardButton{{Action: "capture", Label: "請款"}}},
	}
	b := borrowBody()
	defer b.giveBack()
	if err := member.CreditCardList(page).Render(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	const want = 11 // head, bar, menu, trail, filter, tools, count, columns, pages, ticked, the table's head
	if len(b.known) < want {
		t.Errorf("%d parts are kept, want %d", len(b.known), want)
	}
	var known int
	for _, p := range b.known {
		known += len(p.html)
	}
	if rest := len(b.html) - known; rest > 2500 {
		t.Errorf("%d bytes besides the parts and one row", rest)
	}
}

func TestAPartIsRenderedOnceAndNotKeptAfterAnError(t *testing.T) {
	t.Parallel()
	rendered := 0
	broken := errors.New("broken")
	page := func(model string, fails bool) error {
		children := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			rendered++
			_, err := io.WriteString(w, "<p>"+model+"</p>")
			if fails {
				return broken
			}
			return err
		})
		b := borrowBody()
		defer b.giveBack()
		err := ui.Kept("once", model).Render(templ.WithChildren(t.Context(), children), b)
		if err == nil && string(b.html) != "<p>"+model+"</p>" {
			t.Errorf("%q", b.html)
		}
		return err
	}
	for i, step := range []struct {
		model    string
		fails    bool
		rendered int
	}{{"a", true, 1}, {"a", false, 2}, {"a", false, 2}, {"b", false, 3}, {"a", false, 3}} {
		if err := page(step.model, step.fails); (err != nil) != step.fails || rendered != step.rendered {
			t.Errorf("step %d: rendered %d times, %v", i, rendered, err)
		}
	}
}

func TestPartsAreForgottenWhenThereAreTooMany(t *testing.T) {
	t.Parallel()
	k := &parts{limit: 1000}
	put := func(i int) { k.put([]byte(strconv.Itoa(i)), &part{html: make([]byte, 96)}) }
	put(0)
	for i := 1; i <= 100; i++ {
		put(i)
		if k.get([]byte("0")) == nil {
			t.Fatalf("what is asked for all the time was forgotten after %d others", i)
		}
		size := 0
		for _, generation := range []map[string]*part{k.young, k.old} {
			for key, p := range generation {
				size += p.size(key)
			}
		}
		if size > 2*k.limit {
			t.Fatalf("%d bytes are kept", size)
		}
	}
	if k.get([]byte("1")) != nil {
		t.Error("nothing was forgotten")
	}
}
