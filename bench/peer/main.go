// The peer of the benchmarks: a control plane on go-control-plane, serving the resources that it is given.
//
// It is driven by JSON commands on stdin, one a line, and answers with JSON events on stdout. Times are nanoseconds of
// CLOCK_MONOTONIC.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

const longestLine = 256 << 20

// command is one line on stdin. Op tells which of the other fields are read.
type command struct {
	Op string `json:"op"`

	// put
	Resources []sealed `json:"resources"`

	// listen
	TLS   keys     `json:"tls"`
	Nodes []string `json:"nodes"`
}

// sealed is a resource as the compiler encoded it.
type sealed struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Bytes []byte `json:"bytes"`
}

func main() {
	mode := flag.String("cache", "linear", "linear: one cache a type for all proxies; shared: one snapshot for all; pernode: a snapshot a proxy")
	flag.Parse()
	if err := serve(*mode); err != nil {
		fmt.Fprintln(os.Stderr, "bench peer:", err)
		os.Exit(1)
	}
}

func serve(mode string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	shelf, err := newShelf(ctx, mode)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), longestLine)
	for lines.Scan() {
		event, err := carryOut(ctx, shelf, lines.Bytes())
		if err != nil {
			return err
		}
		if err := out.Encode(event); err != nil {
			return err
		}
	}
	return lines.Err()
}

func carryOut(ctx context.Context, shelf shelf, line []byte) (any, error) {
	var c command
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	switch c.Op {
	case "put":
		resources, err := unsealAll(c.Resources)
		if err != nil {
			return nil, err
		}
		at := monotonic()
		return map[string]any{"event": "put", "at": at}, shelf.put(resources)
	case "listen":
		if err := shelf.know(c.Nodes); err != nil {
			return nil, err
		}
		port, err := listen(ctx, shelf.cache(), c.TLS)
		// What the commands were made of is no memory of a server.
		debug.FreeOSMemory()
		return map[string]any{"event": "listening", "port": port}, err
	default:
		return nil, fmt.Errorf("unknown command %q", c.Op)
	}
}

func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}
