package mailer

import (
	"context"
	"net"
	"sync"
)

// line is the connection of one mail. It can be cut from outside, and stays cut.
type line struct {
	mu   sync.Mutex
	conn net.Conn
	cut  bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn = conn; l.cut {
		_ = conn.Close()
	}
	return conn, nil
}

// close cuts the connection; the one that uses it sees the error.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
