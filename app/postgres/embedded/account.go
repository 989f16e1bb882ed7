package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that initdb and postgres run as. Both refuse root, so a root process drops to
// another user; any other process keeps its own.
type account struct {
	name string
	uid  int
	gid  int
	drop bool // whether a child needs the user set
}

// chooseAccount returns the user to run the server as. As root that is the owner of an existing data
// directory, else "postgres", else "nobody": a uid without a passwd entry makes initdb fail.
func chooseAccount(existing string) (account, error) {
	if os.Geteuid() != 0 {
		acc := account{uid: os.Geteuid(), gid: os.Getegid()}
		if owner, ok := ownerOf(existing); ok && owner != acc.uid {
			return account{}, fmt.Errorf("%w: %s belongs to uid %d; run as that user or choose another directory",
				ErrOwner, existing, owner)
		}
		return acc, nil
	}
	if owner, ok := ownerOf(existing); ok && owner != 0 {
		found, err := user.LookupId(strconv.Itoa(owner))
		if err != nil {
			return account{}, fmt.Errorf("%w: %s belongs to uid %d, which has no name here; chown it to postgres",
				ErrOwner, existing, owner)
		}
		return accountOf(found)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return accountOf(found)
		}
	}
	return account{}, fmt.Errorf("%w: PostgreSQL refuses to run as root, and neither postgres nor nobody exists; "+
		"run as an ordinary user", ErrNoAccount)
}

func accountOf(found *user.User) (account, error) {
	uid, err := strconv.Atoi(found.Uid)
	if err != nil {
		return account{}, fmt.Errorf("uid of %s: %w", found.Username, err)
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		return account{}, fmt.Errorf("gid of %s: %w", found.Username, err)
	}
	return account{name: found.Username, uid: uid, gid: gid, drop: true}, nil
}

// ownerOf returns the uid of a data directory; false where there is none yet (or only an empty one).
func ownerOf(dataDir string) (int, bool) {
	if _, err := os.Stat(filepath.Join(dataDir, versionFile)); err != nil {
		return 0, false
	}
	info, err := os.Stat(dataDir)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// command prepares a program to run as the account, in a folder that everyone may enter, with an
// environment of its own: a PGDATA, PGHOST or LC_ALL of the caller must not reach it.
func (a account) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// canEnter reports whether the account may enter a folder. It tries, as modes alone do not tell
// (access lists, mount options).
func (a account) canEnter(ctx context.Context, dir string) (bool, error) {
	if !a.drop {
		return true, nil
	}
	cmd := a.command(ctx, "/bin/sh", "-c", "exit 0")
	cmd.Dir = dir
	err := cmd.Run()
	if errors.Is(err, fs.ErrPermission) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("try to enter %s as %s: %w", dir, a.name, err)
	}
	return true, nil
}

// own hands a file or folder that this process made to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	if err := os.Chown(path, a.uid, a.gid); err != nil {
		return fmt.Errorf("hand %s to %s: %w", path, a.name, err)
	}
	return nil
}
