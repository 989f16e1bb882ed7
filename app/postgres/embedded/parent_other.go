//go:build !linux

package embedded

import "syscall"

// stopWithParent can do nothing here: only Linux has a parent death signal. After kill -9 of this
// process the server stays, and the next start attaches to it.
func stopWithParent(*syscall.SysProcAttr) {}
