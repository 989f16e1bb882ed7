package web

import (
	"encoding/binary"
	"reflect"
	"sync"
)

// part is a part of a page as it was written once.
type part struct {
	html     []byte
	deflated []byte // whole blocks, which may stand between those of other parts
}

// size is what a part takes, with its key.
func (p *part) size(key string) int { return len(key) + len(p.html) + len(p.deflated) }

// parts remembers parts of pages by all that they show. What was asked for least lately is
// forgotten first, roughly: a full generation becomes the old one, which is dropped when
// the next is full.
type parts struct {
	mu         sync.Mutex
	young, old map[string]*part
	bytes      int // of the young ones
	limit      int // bytes of one generation
}

// partsMax bounds the memory for parts of pages, in bytes.
const partsMax = 16 << 20

var keptParts = &parts{limit: partsMax / 2}

func (k *parts) get(key []byte) *part {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.young[string(key)]; p != nil {
		return p
	}
	p := k.old[string(key)]
	if p != nil {
		k.add(string(key), p)
	}
	return p
}

func (k *parts) put(key []byte, p *part) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(string(key), p)
}

func (k *parts) add(key string, p *part) {
	if k.young == nil || k.bytes+p.size(key) > k.limit {
		k.young, k.old, k.bytes = map[string]*part{}, k.young, 0
	}
	if k.young[key] == nil {
		k.bytes += p.size(key)
	}
	k.young[key] = p
}

// appendKey appends all that a part shows: equal keys, equal parts. It reports whether the
// models hold nothing but values, texts and lists of them.
// SECURITY: a key that left something out would show one member what another one sees.
func appendKey(key []byte, name string, models []any) ([]byte, bool) {
	key = appendText(key, name)
	for _, model := range models {
		v := reflect.ValueOf(model)
		if !v.IsValid() {
			return key, false
		}
		key = appendText(key, v.Type().String())
		var ok bool
		if key, ok = appendValue(key, v); !ok {
			return key, false
		}
	}
	return key, true
}

func appendText(key []byte, text string) []byte {
	return append(binary.AppendUvarint(key, uint64(len(text))), text...)
}

func appendValue(key []byte, v reflect.Value) (_ []byte, ok bool) {
	switch v.Kind() {
	case reflect.String:
		return appendText(key, v.String()), true
	case reflect.Bool:
		if v.Bool() {
			return append(key, 1), true
		}
		return append(key, 0), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(key, v.Int()), true
	case reflect.Slice:
		if v.IsNil() {
			return append(key, 0), true
		}
		key = binary.AppendUvarint(append(key, 1), uint64(v.Len()))
		for i := range v.Len() {
			if key, ok = appendValue(key, v.Index(i)); !ok {
				return key, false
			}
		}
		return key, true
	case reflect.Struct:
		for i := range v.NumField() {
			if key, ok = appendValue(key, v.Field(i)); !ok {
				return key, false
			}
		}
		return key, true
	default:
		return key, false
	}
}
