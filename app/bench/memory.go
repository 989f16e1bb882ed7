package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// forgetPeak lets the kernel measure the largest size of this process anew. Where it
// cannot, the peak since the start counts.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) }

// peakMemory is the largest size of this process in memory, in bytes; 0 where the system
// does not tell.
func peakMemory() (int64, error) { return statusOf("VmHWM:") }

// memoryNow is the size of this process in memory, in bytes; 0 where the system does not
// tell.
func memoryNow() (int64, error) { return statusOf("VmRSS:") }

func statusOf(name string) (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, nil //nolint:nilerr // not Linux
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read the size of the process: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, nil
}
