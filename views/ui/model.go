package ui

import (
	"strconv"
	"strings"
)

// Input is what a text field holds: the value as the user typed it, and what is wrong with it ("" when
// nothing is).
type Input struct {
	Value string
	Error string
}

// Option is one choice of a select, radio group or checkbox group.
type Option struct {
	Value    string
	Label    string
	Hint     string
	Selected bool
	Disabled bool
}

// Choices is what a select or a group holds: its options in order, and what is wrong with the selection.
type Choices struct {
	Options []Option
	Error   string
}

// Check is what a single checkbox holds.
type Check struct {
	Checked bool
	Error   string
}

// Given reports whether there is anything to choose from; pages leave the field out otherwise.
func (c Choices) Given() bool { return len(c.Options) > 0 }

// Selected counts the selected options.
func (c Choices) Selected() int {
	count := 0
	for _, option := range c.Options {
		if option.Selected {
			count++
		}
	}
	return count
}

// Summary names the selection in a few words: all, the single label, or how many.
func (c Choices) Summary(all string) string {
	switch count := c.Selected(); count {
	case 0, len(c.Options):
		return all
	case 1:
		return c.firstSelected()
	default:
		return "已選 " + strconv.Itoa(count) + " 項"
	}
}

func (c Choices) firstSelected() string {
	for _, option := range c.Options {
		if option.Selected {
			return option.Label
		}
	}
	return ""
}

// Tone is the mood of a tag, alert or event. It is never the only sign: a word and a shape go with it.
type Tone string

// The tones, and the shape a tag of that tone takes unless it names another.
const (
	ToneNeutral Tone = ""     // a plain fact: small square
	ToneGood    Tone = "good" // it went well: filled circle
	ToneDone    Tone = "done" // it is complete: tick
	ToneMove    Tone = "move" // on its way, nothing to do: half circle
	ToneWait    Tone = "wait" // waits for somebody: ring
	ToneBad     Tone = "bad"  // it failed: cross
	ToneOff     Tone = "off"  // called off: dash
)

// Shape is the small mark before the word of a tag.
type Shape string

// The shapes a tag can carry.
const (
	ShapeDot    Shape = "dot"
	ShapeRing   Shape = "ring"
	ShapeHalf   Shape = "half"
	ShapeTick   Shape = "tick"
	ShapeCross  Shape = "cross"
	ShapeDash   Shape = "dash"
	ShapeReturn Shape = "return"
	ShapeSquare Shape = "square"
)

// Tag is a status in one word. An empty Shape takes the one of the tone.
type Tag struct {
	Word  string
	Tone  Tone
	Shape Shape
}

func (t Tag) shape() Shape {
	if t.Shape != "" {
		return t.Shape
	}
	switch t.Tone {
	case ToneGood:
		return ShapeDot
	case ToneDone:
		return ShapeTick
	case ToneMove:
		return ShapeHalf
	case ToneWait:
		return ShapeRing
	case ToneBad:
		return ShapeCross
	case ToneOff:
		return ShapeDash
	default:
		return ShapeSquare
	}
}

// ListClass is the class of a tag in a long list, where the style sheet draws its shape: the drawing in each
// row would be a third of the page.
func (t Tag) ListClass() string {
	if t.Tone == "" {
		return "tag mark-" + string(t.shape())
	}
	return "tag tone-" + string(t.Tone) + " mark-" + string(t.shape())
}

// TransactionTag gives the tag of one of the ten 交易狀態 by its product label; an unknown word stays neutral.
func TransactionTag(word string) Tag {
	switch word {
	case "待付款":
		return Tag{Word: word, Tone: ToneWait}
	case "授權成功":
		return Tag{Word: word, Tone: ToneGood}
	case "授權失敗":
		return Tag{Word: word, Tone: ToneBad}
	case "已取消授權":
		return Tag{Word: word, Tone: ToneOff}
	case "請款申請中":
		return Tag{Word: word, Tone: ToneMove, Shape: ShapeRing}
	case "請款處理中":
		return Tag{Word: word, Tone: ToneMove}
	case "請款完成":
		return Tag{Word: word, Tone: ToneDone}
	case "退款申請中":
		return Tag{Word: word, Tone: ToneWait, Shape: ShapeReturn}
	case "退款處理中":
		return Tag{Word: word, Tone: ToneMove, Shape: ShapeReturn}
	case "退款完成":
		return Tag{Word: word, Tone: ToneOff, Shape: ShapeReturn}
	default:
		return Tag{Word: word}
	}
}

// FundsTag gives the tag of a 款項狀態 by its product label. Money still to come is no fault, so it stays calm.
func FundsTag(word string) Tag {
	switch word {
	case "已收款":
		return Tag{Word: word, Tone: ToneDone}
	case "未收款":
		return Tag{Word: word, Shape: ShapeRing}
	default:
		return Tag{Word: word}
	}
}

// FieldID is the id of a field's control; its hint and error carry the same id with an ending.
func FieldID(name string) string { return "f-" + name }

// describedBy joins the ids of the hint and error that exist, for aria-describedby.
func describedBy(name, hint, problem string) string {
	ids := make([]string, 0, 2)
	if hint != "" {
		ids = append(ids, FieldID(name)+"-hint")
	}
	if problem != "" {
		ids = append(ids, FieldID(name)+"-error")
	}
	return strings.Join(ids, " ")
}
