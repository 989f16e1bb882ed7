package web

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/memberzone/memberzone/views/ui"
)

// body is the text of a page that is written, with the parts in it that are known already.
type body struct {
	html  []byte
	known []knownPart
	key   []byte // of the part at hand
}

// knownPart is a part in its place: it stands where html has its text.
type knownPart struct {
	at int
	*part
}

var _ ui.Keeper = (*body)(nil)

var bodies = sync.Pool{New: func() any { return new(body) }}

const bodyKeepMax = 1 << 20 // a larger one is left to the collector

func borrowBody() *body { return bodies.Get().(*body) }

func (b *body) giveBack() {
	if cap(b.html) <= bodyKeepMax {
		clear(b.known)
		b.html, b.known = b.html[:0], b.known[:0]
		bodies.Put(b)
	}
}

// Write implements io.Writer.
func (b *body) Write(text []byte) (int, error) {
	b.html = append(b.html, text...)
	return len(text), nil
}

// WriteString implements io.StringWriter.
func (b *body) WriteString(text string) (int, error) {
	b.html = append(b.html, text...)
	return len(text), nil
}

// Part implements ui.Keeper.
func (b *body) Part(name string, models []any, render func(io.Writer) error) error {
	var ok bool
	if b.key, ok = appendKey(b.key[:0], name, models); !ok {
		return render(b)
	}
	p := keptParts.get(b.key)
	if p == nil {
		key := bytes.Clone(b.key)
		var text bytes.Buffer
		if err := render(&text); err != nil {
			return err
		}
		var blocks bytes.Buffer
		if err := deflate(&blocks, text.Bytes()); err != nil {
			return err
		}
		p = &part{bytes.Clone(text.Bytes()), bytes.Clone(blocks.Bytes())} // no more than they need
		keptParts.put(key, p)
	}
	b.known = append(b.known, knownPart{len(b.html), p})
	b.html = append(b.html, p.html...)
	return nil
}

// storedMax is how long a text is at most that takes longer to compress than to send.
const storedMax = 256

// deflate writes a text as whole blocks (RFC 1951), which end with a byte.
func deflate(out *bytes.Buffer, text []byte) error {
	n := len(text)
	switch {
	case n == 0:
	case n <= storedMax:
		head := binary.LittleEndian.AppendUint16([]byte{0}, uint16(n))
		out.Write(binary.LittleEndian.AppendUint16(head, ^uint16(n)))
		out.Write(text)
	default:
		if err := flate.StatelessDeflate(out, text, false, nil); err != nil {
			return fmt.Errorf("compress a part of a page: %w", err)
		}
	}
	return nil
}

// gzipHead begins a compressed answer (RFC 1952): deflate, no name, no time, fastest, Unix.
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03"

// gzip writes the page compressed. What is known is not compressed again.
func (b *body) gzip(out *bytes.Buffer) error {
	out.WriteString(gzipHead)
	done := 0
	for _, p := range append(b.known, knownPart{at: len(b.html), part: &part{}}) {
		if err := deflate(out, b.html[done:p.at]); err != nil {
			return err
		}
		out.Write(p.deflated)
		done = p.at + len(p.html)
	}
	if err := flate.StatelessDeflate(out, nil, true, nil); err != nil {
		return fmt.Errorf("compress page: %w", err)
	}
	tail := binary.LittleEndian.AppendUint32(out.AvailableBuffer(), crc32.ChecksumIEEE(b.html))
	out.Write(binary.LittleEndian.AppendUint32(tail, uint32(len(b.html))))
	return nil
}
