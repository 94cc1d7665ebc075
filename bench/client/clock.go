package main

import (
	"golang.org/x/sys/unix"
)

// monotonic is the time by CLOCK_MONOTONIC, the same for every process of the machine.
func monotonic() int64 {
	return clock(unix.CLOCK_MONOTONIC)
}

// cpuNs is what this process has used of the processor.
func cpuNs() int64 {
	return clock(unix.CLOCK_PROCESS_CPUTIME_ID)
}

func clock(id int32) int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}

func usage() map[string]any {
	return map[string]any{"event": "usage", "cpuNs": cpuNs()}
}
