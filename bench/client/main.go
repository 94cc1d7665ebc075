// The load client of the benchmarks: many proxies' delta ADS streams in one process.
//
// It is driven by JSON commands on stdin, one a line, and answers with JSON events on stdout. All times are nanoseconds of
// CLOCK_MONOTONIC, which the program that drives it reads too.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

const longestLine = 64 << 20

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "bench client:", err)
		os.Exit(1)
	}
}

func serve() error {
	desk := newDesk(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), longestLine)
	for lines.Scan() {
		var command command
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			return fmt.Errorf("command: %w", err)
		}
		if err := desk.take(command); err != nil {
			return fmt.Errorf("%s: %w", command.Op, err)
		}
	}
	return lines.Err()
}
