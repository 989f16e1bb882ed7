package export

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// meter passes bytes on, and knows how many there were and their SHA-256.
type meter struct {
	out   io.Writer
	hash  hash.Hash
	bytes int64
}

func newMeter(out io.Writer) *meter { return &meter{out: out, hash: sha256.New()} }

// Write implements io.Writer.
func (m *meter) Write(b []byte) (int, error) {
	n, err := m.out.Write(b)
	m.bytes += int64(n)
	m.hash.Write(b[:n])
	return n, err
}

func (m *meter) sum() string { return hex.EncodeToString(m.hash.Sum(nil)) }

// partBytes is the size of the parts in which a file is kept.
const partBytes = 1 << 20

// parts gathers bytes to parts, and has each kept.
type parts struct {
	keep func(part int, bytes []byte) error
	held []byte
	next int
}

// Write implements io.Writer.
func (p *parts) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 {
		if p.held == nil {
			p.held = make([]byte, 0, partBytes)
		}
		n := min(partBytes-len(p.held), len(b))
		p.held, b = append(p.held, b[:n]...), b[n:]
		if len(p.held) == partBytes {
			if err := p.end(); err != nil {
				return 0, err
			}
		}
	}
	return written, nil
}

// end keeps the last part.
func (p *parts) end() error {
	if len(p.held) == 0 {
		return nil
	}
	err := p.keep(p.next, p.held)
	p.next++
	p.held = p.held[:0]
	return err
}
