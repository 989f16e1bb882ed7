package wire

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestJSONIsByteForByteWhatTheGatewayWrites(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct{ ID, Kind, Plaintext string }
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, v := range file.Vectors {
		if v.Kind != "server_period_decrypt" {
			continue
		}
		checked++
		if got := decodeAnswer(t, v.Plaintext).json(); got != v.Plaintext {
			t.Errorf("%s\n got %s\nwant %s", v.ID, got, v.Plaintext)
		}
	}
	if checked < 3 {
		t.Errorf("only %d vectors are JSON of the gateway", checked)
	}
}

// decodeAnswer reads an answer in document order, which a map would lose.
func decodeAnswer(t *testing.T, plain string) answer {
	t.Helper()
	var frame struct {
		Status, Message string
		Result          json.RawMessage
	}
	if err := json.Unmarshal([]byte(plain), &frame); err != nil {
		t.Fatal(err)
	}
	a := answer{status: frame.Status, message: frame.Message}
	decoder := json.NewDecoder(strings.NewReader(string(frame.Result)))
	decoder.UseNumber()
	var name string
	for i := 0; ; i++ {
		token, err := decoder.Token()
		if err != nil {
			return a
		}
		switch v := token.(type) {
		case json.Delim:
			i = -1
		case json.Number:
			a.result = append(a.result, member{name, numberMember, v.String()})
		case string:
			if i%2 == 0 {
				name = v
			} else {
				a.result = append(a.result, text(name, v))
			}
		case nil:
			a.result = append(a.result, orNull(name, ""))
		}
	}
}

func TestJSONDecodesToWhatWasWritten(t *testing.T) {
	t.Parallel()
	ascii := regexp.MustCompile(`^[\x20-\x7f]*$`)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.String(), 3, 3, rapid.ID).Draw(t, "names")
		value, n := rapid.String().Draw(t, "value"), rapid.Int64().Draw(t, "number")
		a := answer{
			status: rapid.String().Draw(t, "status"), message: rapid.String().Draw(t, "message"),
			result: record{text(names[0], value), number(names[1], n), orNull(names[2], "")},
		}
		written := a.json()
		if !ascii.MatchString(written) {
			t.Fatalf("not printable ASCII: %q", written)
		}
		var got struct {
			Status, Message string
			Result          map[string]any
		}
		decoder := json.NewDecoder(strings.NewReader(written))
		decoder.UseNumber()
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if got.Status != a.status || got.Message != a.message || got.Result[names[0]] != value ||
			got.Result[names[1]] != json.Number(strconv.FormatInt(n, 10)) {
			t.Fatalf("%s reads as %v", written, got)
		}
		if null, there := got.Result[names[2]]; null != nil || !there {
			t.Fatalf("null is written as %v", null)
		}
	})
}

func TestJSONEscapesAsPHPDoes(t *testing.T) {
	t.Parallel()
	got := answer{status: `a/"\`, message: "\b\f\n\r\t\x01\x7f授😀\xff"}.json()
	want := `{"Status":"a\/\"\\","Message":"\b\f\n\r\t\u0001` + "\x7f" + `\u6388\ud83d\ude00\ufffd","Result":[]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryCodeHasItsMessage(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	shape := regexp.MustCompile(`^(SUCCESS|(MPG|TRA|MEM|ACC)[0-9]{5}|NOR1001)$`)
	declared := map[Code]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is no literal", spec.Names[0].Name)
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		code := Code(value)
		if other, twice := declared[code]; twice {
			t.Errorf("%s and %s are both %s", other, spec.Names[0].Name, code)
		}
		declared[code] = spec.Names[0].Name
		if messages[code] == "" || !shape.MatchString(value) {
			t.Errorf("%s = %q has message %q", spec.Names[0].Name, code, messages[code])
		}
		return true
	})
	if len(declared) != len(messages) || len(declared) < 50 {
		t.Errorf("%d codes are declared, %d have messages", len(declared), len(messages))
	}
	if Code("MPG99999").Message() != "交易失敗" {
		t.Error("an unlisted code has a message of its own")
	}
}
