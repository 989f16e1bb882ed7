package embedded

import "syscall"

// stopWithParent makes the kernel send SIGINT, a clean stop, when the thread that starts the server
// ends: that is when this process ends, however it ends.
func stopWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
