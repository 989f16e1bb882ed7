package checkout

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/views/ui"
)

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	reference := reflect.ValueOf(chinese)
	for lang, table := range map[string]text{LangChinese: chinese, LangEnglish: english, LangJapanese: japanese} {
		value := reflect.ValueOf(table)
		for i := range value.NumField() {
			name := value.Type().Field(i).Name
			field := value.Field(i)
			if field.Len() == 0 {
				t.Errorf("%s: %s is empty", lang, name)
			}
			if field.Kind() != reflect.String {
				if field.Len() != reference.Field(i).Len() {
					t.Errorf("%s: %s has %d entries, Chinese has %d", lang, name, field.Len(), reference.Field(i).Len())
				}
				continue
			}
			for _, verb := range []string{"%s", "{t}"} {
				if strings.Count(field.String(), verb) != strings.Count(reference.Field(i).String(), verb) {
					t.Errorf("%s: %s takes another number of %s than Chinese", lang, name, verb)
				}
			}
		}
		for _, kind := range []string{KindInFull, KindInstalment, KindBonus} {
			if table.Kinds[kind] == "" {
				t.Errorf("%s: no word for %s", lang, kind)
			}
		}
	}
}

func TestTextForFallsBackToChinese(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{
		"zh-tw": "zh-Hant-TW", "en": "en", "jp": "ja", "": "zh-Hant-TW", "ja": "zh-Hant-TW", "EN": "zh-Hant-TW",
	} {
		if got := textFor(lang).HTMLLang; got != want {
			t.Errorf("textFor(%q) is %s, want %s", lang, got, want)
		}
	}
}

func TestCardNumberAndCodeNeverReachThePage(t *testing.T) {
	t.Parallel()
	page := PayPage{Form: CardForm{
		CardNo: ui.Input{Value: "4111111111111111", Error: "卡號不正確"}, CVC: ui.Input{Value: "737", Error: "末三碼不正確"},
		LastName: ui.Input{Value: "王"},
	}}
	// The addresses of scripts and styles hold hashes, in which three digits may stand.
	html := regexp.MustCompile(`/static/[0-9a-f]+/`).ReplaceAllString(render(t, page), "/static/")
	for _, secret := range []string{"4111111111111111", "737"} {
		if strings.Contains(html, secret) {
			t.Errorf("the page contains %q", secret)
		}
	}
	for _, kept := range []string{"卡號不正確", "末三碼不正確", `value="王"`} {
		if !strings.Contains(html, kept) {
			t.Errorf("the page lost %q", kept)
		}
	}
}

func TestFormOffersOnlyWhatIsGiven(t *testing.T) {
	t.Parallel()
	bare := render(t, PayPage{Kinds: []PayKind{{Value: KindInFull, Selected: true}}})
	for _, absent := range []string{
		`value="instalment"`, `name="instalments"`, "data-deadline", chinese.BonusLink, chinese.BackToShop,
	} {
		if strings.Contains(bare, absent) {
			t.Errorf("the page shows %q though nothing was given", absent)
		}
	}
	full := render(t, PayPage{
		Kinds: []PayKind{{Value: KindInstalment, Selected: true}},
		Terms: []Term{{Value: "6", Each: "NT$ 208", Selected: true}},
		Banks: []string{"玉山銀行"}, BackHref: "https://shop.example/",
		Deadline: Deadline{At: "2026-11-24T15:18:12+08:00", Text: "15:18:12"},
	})
	for _, present := range []string{"6 期，每期約 NT$ 208", "請於 15:18:12 前完成付款", "玉山銀行", `href="https://shop.example/"`} {
		if !strings.Contains(full, present) {
			t.Errorf("the page lacks %q", present)
		}
	}
}

func TestReturnFormKeepsTheOrderOfItsFields(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	page := ResultPage{Paid: true, Return: ReturnForm{Action: "https://shop.example/return", Fields: []HiddenField{
		{Name: "Status", Value: "SUCCESS"}, {Name: "MerchantID", Value: "MS1"}, {Name: "TradeInfo", Value: "ab\"<"},
	}}}
	if err := Result(page).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	html := out.String()
	at := -1
	for _, field := range []string{`name="Status"`, `name="MerchantID"`, `name="TradeInfo" value="ab&#34;&lt;"`} {
		next := strings.Index(html, field)
		if next <= at {
			t.Fatalf("%s stands at %d, want after %d", field, next, at)
		}
		at = next
	}
}

func render(t *testing.T, page PayPage) string {
	t.Helper()
	var out strings.Builder
	if err := Pay(page).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryOtherLanguageKnowsEverySentence(t *testing.T) {
	t.Parallel()
	for code := range sentences[LangEnglish] {
		if sentences[LangJapanese][code] == "" {
			t.Errorf("Japanese lacks %s", code)
		}
	}
	if len(sentences[LangEnglish]) != len(sentences[LangJapanese]) {
		t.Error("Japanese knows a sentence that English lacks")
	}
	if got := Sentence(LangChinese, "card_expired", "這張卡片已過有效期限。"); got != "這張卡片已過有效期限。" {
		t.Errorf("the Chinese page says %q", got)
	}
}
