package bank

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The kinds of record.
const (
	kindAuthorisation = "authorisation" // a request's first delivery and the decision
	kindRepeat        = "repeat"        // a later delivery, only counted
	kindReversal      = "reversal"
	kindBatch         = "batch"        // a batch's first delivery and its results
	kindBatchRepeat   = "batch_repeat" // a later delivery, only counted
	kindToken         = "token"        // a network token that was made for a card
	kindTokenChange   = "token_change" // its suspension, resumption, renewal or deletion
	kindCryptogram    = "cryptogram"   // a cryptogram that was given out
)

// record is one line of the journal. It never holds a full card number.
type record struct {
	Kind       string    `json:"kind"`
	RequestID  string    `json:"request_id"`
	At         time.Time `json:"at"`
	Content    string    `json:"content,omitempty"` // keyed hash of the request without the CVC
	Card       string    `json:"card,omitempty"`    // keyed hash of the card number
	First6     string    `json:"first6,omitempty"`
	Last4      string    `json:"last4,omitempty"`
	MerchantID string    `json:"merchant_id,omitempty"`
	TradeNo    string    `json:"trade_no,omitempty"`
	ECI        string    `json:"eci,omitempty"`
	Answer     answer    `json:"answer,omitzero"`
	Items      []item    `json:"items,omitempty"`   // of a batch
	ReadyAt    time.Time `json:"ready_at,omitzero"` // of a batch: when its answers may be fetched

	Token      *madeToken   `json:"token,omitempty"`
	Change     *tokenNews   `json:"change,omitempty"`
	Cryptogram *permission  `json:"cryptogram,omitempty"`
	By         *tokenCharge `json:"by,omitempty"` // of an authorisation with a network token
}

// journal is an append-only file of JSON lines. append writes, sync waits until
// what was written is on disk; those who wait together share one fsync. Without
// a file it only counts.
type journal struct {
	mu      sync.Mutex // file position, written, broken
	file    *os.File   // nil: memory only
	written int64      // records appended so far
	broken  error      // after a failed write nothing more is promised

	syncing sync.Mutex // held during fsync
	synced  int64
}

var errJournalClosed = errors.New("bank: the journal is closed")

// openJournal opens or creates the file and replays it. A torn last line, left
// by a kill in the middle of a write, was never answered: it is cut off. Any
// other damage is an error.
func openJournal(path string, replay func(record, int64)) (*journal, error) {
	j := &journal{}
	if path == "" {
		return j, nil
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bank: open the journal: %w", err)
	}
	j.file = file
	if err := j.load(replay); err != nil {
		return nil, errors.Join(fmt.Errorf("bank: read the journal %s: %w", path, err), file.Close())
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("bank: keep the journal: %w", err), file.Close())
	}
	return j, nil
}

func (j *journal) load(replay func(record, int64)) error {
	reader, whole := bufio.NewReader(j.file), int64(0)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil {
			break // what follows the last newline is torn
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil || r.RequestID == "" {
			return fmt.Errorf("line %d is damaged", j.written+1)
		}
		j.written++
		whole += int64(len(line))
		replay(r, j.written)
	}
	if err := j.file.Truncate(whole); err != nil {
		return err
	}
	_, err := j.file.Seek(whole, io.SeekStart)
	j.synced = j.written
	return errors.Join(err, j.file.Sync())
}

// append writes a record and returns its number, for sync. The record may be
// lost until sync has returned.
func (j *journal) append(r record) (int64, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("bank: encode a record: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.broken != nil:
		return 0, j.broken
	case j.file != nil:
		if _, err := j.file.Write(append(line, '\n')); err != nil {
			j.broken = fmt.Errorf("bank: write the journal: %w", err)
			return 0, j.broken
		}
	}
	j.written++
	return j.written, nil
}

// sync returns when the record of that number is on disk.
func (j *journal) sync(number int64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if number <= j.synced {
		return nil
	}
	j.mu.Lock()
	written, broken, file := j.written, j.broken, j.file
	j.mu.Unlock()
	if broken != nil {
		return broken
	}
	if file != nil {
		if err := file.Sync(); err != nil {
			// A failed fsync may drop what was written: nothing after it counts.
			err = fmt.Errorf("bank: sync the journal: %w", err)
			j.mu.Lock()
			j.broken = err
			j.mu.Unlock()
			return err
		}
	}
	j.synced = written
	return nil
}

func (j *journal) truncate() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	if j.file == nil {
		return nil
	}
	if err := j.file.Truncate(0); err != nil {
		return fmt.Errorf("bank: empty the journal: %w", err)
	}
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("bank: empty the journal: %w", err)
	}
	return j.file.Sync()
}

func (j *journal) close() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		j.broken = errJournalClosed
	}
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Sync(), j.file.Close())
	j.file = nil
	return err
}

func syncDir(path string) error {
	dir, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
