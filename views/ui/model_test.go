package ui

import "testing"

func TestChoicesSummaryNamesTheSelection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		selected []bool
		want     string
	}{
		{"nothing chosen means all", []bool{false, false, false}, "全部"},
		{"one is named", []bool{false, true, false}, "B"},
		{"several are counted", []bool{true, true, false}, "已選 2 項"},
		{"everything chosen means all", []bool{true, true, true}, "全部"},
		{"no options at all", nil, "全部"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var choices Choices
			for i, selected := range test.selected {
				choices.Options = append(choices.Options, Option{Label: string(rune('A' + i)), Selected: selected})
			}
			if got := choices.Summary("全部"); got != test.want {
				t.Errorf("Summary = %q, want %q", got, test.want)
			}
			if choices.Given() != (len(test.selected) > 0) {
				t.Errorf("Given = %v with %d options", choices.Given(), len(test.selected))
			}
		})
	}
}

func TestTransactionTagsDifferByMoreThanTheirWord(t *testing.T) {
	t.Parallel()
	type look struct {
		tone  Tone
		shape Shape
	}
	seen := map[look]string{}
	for _, word := range []string{
		"待付款", "授權成功", "授權失敗", "已取消授權", "請款申請中", "請款處理中", "請款完成", "退款申請中", "退款處理中", "退款完成",
	} {
		tag := TransactionTag(word)
		if tag.Word != word {
			t.Errorf("TransactionTag(%q) says %q", word, tag.Word)
		}
		this := look{tag.Tone, tag.shape()}
		if other, taken := seen[this]; taken {
			t.Errorf("%q and %q look the same: %v", word, other, this)
		}
		seen[this] = word
	}
	if got := TransactionTag("未來的狀態"); got.Tone != ToneNeutral || got.shape() != ShapeSquare {
		t.Errorf("an unknown status is %+v, want neutral", got)
	}
}

func TestTonesOfFaultAndSuccessNeverShareAShape(t *testing.T) {
	t.Parallel()
	seen := map[Shape]Tone{}
	for _, tone := range []Tone{ToneNeutral, ToneGood, ToneDone, ToneMove, ToneWait, ToneBad, ToneOff} {
		shape := Tag{Tone: tone}.shape()
		if other, taken := seen[shape]; taken {
			t.Errorf("tones %q and %q share the shape %q", tone, other, shape)
		}
		seen[shape] = tone
	}
	if got := (Tag{Tone: ToneBad, Shape: ShapeReturn}).shape(); got != ShapeReturn {
		t.Errorf("a given shape became %q", got)
	}
}

func TestFundsTagStaysCalmForMoneyToCome(t *testing.T) {
	t.Parallel()
	if got := FundsTag("已收款"); got.Tone != ToneDone {
		t.Errorf("已收款 has tone %q", got.Tone)
	}
	if got := FundsTag("未收款"); got.Tone != ToneNeutral || got.shape() != ShapeRing {
		t.Errorf("未收款 is %+v", got)
	}
}

func TestDescribedByNamesOnlyWhatIsShown(t *testing.T) {
	t.Parallel()
	tests := map[[2]string]string{
		{"", ""}: "", {"h", ""}: "f-q-hint", {"", "e"}: "f-q-error", {"h", "e"}: "f-q-hint f-q-error",
	}
	for given, want := range tests {
		if got := describedBy("q", given[0], given[1]); got != want {
			t.Errorf("describedBy(%q) = %q, want %q", given, got, want)
		}
	}
}
