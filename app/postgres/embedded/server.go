package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// superuser is the only role of a private server; whoever may enter the socket folder is it.
const superuser = "memberzone"

const (
	startTimeout = 60 * time.Second      // crash recovery included
	pollInterval = 20 * time.Millisecond // between two looks at a starting or stopping server
)

// Options say which server to start.
type Options struct {
	// DataDir is made on the first start. As root it may be moved: see Server.DataDir.
	DataDir string
	// Binaries is the folder of initdb and postgres; empty: look for one.
	Binaries string
	// Fsync false trades durability for speed: for tests only.
	Fsync bool
	// Settings are added to, and win over, the ones of this package (postgresql.conf names).
	Settings map[string]string
	// Log gets the server's log and this package's own remarks, as long as the
	// server runs and from another goroutine; nil drops them.
	Log io.Writer
}

// Server is a running private PostgreSQL.
type Server struct {
	dir       string
	socketDir string
	port      string
	process   *process // nil when another process started the server
}

// Start starts the server on opts.DataDir, making the directory on the first call, or attaches to
// the one that another process runs there. It returns when connections are accepted.
// Errors: ErrNoBinaries, ErrVersion, ErrNotADataDirectory, ErrOwner, ErrNoAccount, ErrStart.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	at, err := locate(ctx, opts.DataDir, opts.Log)
	if err != nil {
		return nil, err
	}
	unlock, err := at.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	attached, err := at.attach(ctx)
	if err != nil {
		return nil, err
	}
	if attached != nil {
		fmt.Fprintf(opts.Log, "attached to the server that another process runs on %s\n", at.dir)
		return attached, nil
	}
	major, err := majorOf(at.dir)
	if err != nil {
		return nil, err
	}
	found, err := findBinaries(ctx, opts.Binaries, at.acc, major)
	if err != nil {
		return nil, fmt.Errorf("%w (data directory %s)", err, at.dir)
	}
	if major == 0 {
		if err := at.initialise(ctx, found, opts.Fsync); err != nil {
			return nil, err
		}
	}
	return at.start(ctx, found, opts)
}

// Version returns the major version of the PostgreSQL that Start would make a new directory with.
// Errors: ErrNoBinaries, ErrNoAccount.
func Version(ctx context.Context, binaries string) (major int, err error) {
	acc, err := chooseAccount("")
	if err != nil {
		return 0, err
	}
	found, err := findBinaries(ctx, binaries, acc, 0)
	return found.major, err
}

// Locate tells where Start would keep the data directory, without making it.
func Locate(ctx context.Context, dataDir string) (string, error) {
	at, err := locate(ctx, dataDir, io.Discard)
	return at.dir, err
}

// Reset removes a data directory so that the next Start begins afresh. A missing one is fine; a
// folder that is not PostgreSQL's (ErrNotADataDirectory) or that a live server uses (ErrRunning) is
// left alone.
func Reset(ctx context.Context, dataDir string) error {
	at, err := locate(ctx, dataDir, io.Discard)
	if err != nil {
		return err
	}
	unlock, err := at.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := majorOf(at.dir); err != nil {
		return err
	}
	if pm, ok := readPostmaster(at.dir); ok && pm.alive(at.dir) {
		return fmt.Errorf("%w: %s (pid %d); stop it first", ErrRunning, at.dir, pm.pid)
	}
	if err := os.RemoveAll(at.dir); err != nil {
		return fmt.Errorf("remove the data directory: %w", err)
	}
	return nil
}

// attach returns the live server of the directory, or nil when there is none. One that is on its
// way down (its owner has just been killed) is waited for.
func (p place) attach(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		pm, ok := readPostmaster(p.dir)
		if !ok {
			return nil, nil
		}
		if !pm.alive(p.dir) {
			return nil, pm.disown(p.dir)
		}
		if pm.ready && pm.socketDir != "" {
			s := &Server{dir: p.dir, socketDir: pm.socketDir, port: pm.port}
			err := s.ping(ctx)
			if err == nil {
				return s, nil
			}
			if foreign := s.refusal(err); foreign != nil {
				return nil, foreign
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: the server with pid %d on %s accepts no connection; stop it first",
				ErrStart, pm.pid, p.dir)
		case <-time.After(pollInterval):
		}
	}
}

// start runs the server and waits until it answers. After a kill -9 the orphans of the old server
// hold its shared memory for a moment, so a refusal for that reason is tried again.
func (p place) start(ctx context.Context, b binaries, opts Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	socketDir, err := p.makeSocketDir(ctx)
	if err != nil {
		return nil, err
	}
	for {
		proc, err := p.run(b, socketDir, opts)
		if err != nil {
			_ = os.Remove(socketDir) // still empty
			return nil, err
		}
		s := &Server{dir: p.dir, socketDir: socketDir, port: port, process: proc}
		err = s.waitReady(ctx)
		if err == nil {
			return s, nil
		}
		proc.kill()
		if !proc.orphansHeldMemory() || ctx.Err() != nil {
			_ = os.RemoveAll(socketDir) // ours, and its server is gone
			return nil, err
		}
		time.Sleep(pollInterval)
	}
}

func (s *Server) waitReady(ctx context.Context) error {
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		if foreign := s.refusal(err); foreign != nil {
			return foreign
		}
		select {
		case <-s.process.done:
			return fmt.Errorf("%w on %s: %s", ErrStart, s.dir, s.process.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("%w on %s in time: %s", ErrStart, s.dir, s.process.lastWords())
		case <-time.After(pollInterval):
		}
	}
}

// refusal tells a server that does not know our role, hence was set up by someone else, from one
// that is not ready yet; nil for the latter.
func (s *Server) refusal(err error) error {
	const invalidAuthorisation = "28" // SQLSTATE class
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || !strings.HasPrefix(answer.Code, invalidAuthorisation) {
		return nil
	}
	return fmt.Errorf("%w: %s has no role %s, so another program made it; choose another directory",
		ErrNotADataDirectory, s.dir, superuser)
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (s *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return nil, fmt.Errorf("connect to the private server: %w", err)
	}
	return conn, nil
}

// URL is the address of a database on the server, as pgx and psql take it. Keep it out of pages and
// logs of outside parties: there is no password, the socket folder's mode is the lock.
func (s *Server) URL(database string) string { return connectionURL(s.socketDir, s.port, database) }

// DataDir is where the data is. It differs from Options.DataDir when the process is root and the
// server's user cannot enter the folders above that one; Start says so in the log.
func (s *Server) DataDir() string { return s.dir }

// Attached reports whether another process started the server. Stop then leaves it running, and it
// ends with the process that started it.
func (s *Server) Attached() bool { return s.process == nil }

// Done is closed when the server has ended, asked to or not. On an attached server it never is.
func (s *Server) Done() <-chan struct{} {
	if s.process == nil {
		return nil
	}
	return s.process.done
}

// EnsureDatabase creates a database if it is not there yet.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	const query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Stop stops the server as SIGINT does: open transactions are rolled back, everything acknowledged
// is on disk. When ctx ends first the server is made to quit at once (the next start recovers), and
// the error says so. A second call does nothing.
func (s *Server) Stop(ctx context.Context) error {
	if s.process == nil {
		return nil
	}
	err := s.process.stop(ctx)
	if removeErr := os.Remove(s.socketDir); removeErr != nil && !errors.Is(removeErr, os.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("remove the socket folder: %w", removeErr))
	}
	return err
}
