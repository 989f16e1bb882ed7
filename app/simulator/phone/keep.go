package phone

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// referencesPerMessage bounds what is remembered of references, as a multiple of the
// messages that are kept.
const referencesPerMessage = 50

// open reads the file and writes it anew with only the messages that are kept, so that
// it does not grow for ever. A line that cannot be read is dropped: these are a
// demonstration's messages.
func (g *Gateway) open() error {
	if g.o.File == "" {
		return nil
	}
	path := filepath.Clean(g.o.File)
	if err := g.load(path); err != nil {
		return fmt.Errorf("phone: read the messages: %w", err)
	}
	return g.rewrite(path)
}

// rewrite replaces the file by one with the messages that are kept.
func (g *Gateway) rewrite(path string) error {
	fresh := path + ".new"
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("phone: keep the messages: %w", err)
	}
	encoder := json.NewEncoder(file)
	for _, m := range g.messages {
		err = errors.Join(err, encoder.Encode(m))
	}
	if err = errors.Join(err, os.Rename(fresh, path)); err != nil {
		return errors.Join(fmt.Errorf("phone: keep the messages: %w", err), file.Close())
	}
	g.file = file
	return nil
}

func (g *Gateway) load(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for reader := bufio.NewReader(file); ; {
		line, err := reader.ReadBytes('\n')
		var m Message
		if json.Unmarshal(line, &m) == nil && !m.At.IsZero() {
			g.add(m)
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (g *Gateway) add(m Message) {
	g.messages = append(g.messages, m)
	if extra := len(g.messages) - g.o.Keep; extra > 0 {
		g.messages = append([]Message(nil), g.messages[extra:]...)
	}
}

// show puts a message on its phone.
func (g *Gateway) show(m Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file != nil {
		if err := json.NewEncoder(g.file).Encode(m); err != nil {
			return fmt.Errorf("phone: keep a message: %w", err)
		}
	}
	g.add(m)
	return nil
}

// take remembers a reference. fresh tells that it is new, same that it has this content.
func (g *Gateway) take(reference string, content [32]byte) (fresh, same bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.taken[reference]
	if ok && known.content != content {
		return false, false
	}
	g.taken[reference] = taken{content, known.deliveries + 1}
	if ok {
		return false, true
	}
	g.order = append(g.order, reference)
	if len(g.order) > g.o.Keep*referencesPerMessage {
		delete(g.taken, g.order[0])
		g.order = append([]string(nil), g.order[1:]...)
	}
	return true, true
}

// forget empties the gateway.
func (g *Gateway) forget() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken, g.order, g.messages = map[string]taken{}, nil, nil
	if g.file == nil {
		return nil
	}
	if err := g.file.Close(); err != nil {
		return err
	}
	return g.rewrite(filepath.Clean(g.o.File))
}
