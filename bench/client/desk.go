package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// command is one line on stdin. Op tells which of the other fields are read.
type command struct {
	Op    string `json:"op"`
	Fleet string `json:"fleet"`

	// open
	Server  server  `json:"server"`
	Proxies []proxy `json:"proxies"`
	Width   int     `json:"width"`

	// arm
	Type    string `json:"type"`
	Name    string `json:"name"`
	Streams int    `json:"streams"`

	// slow
	Share   float64 `json:"share"`
	PauseMs int     `json:"pauseMs"`
}

// server is where streams go, and how the two sides know each other. Without a certificate the client shows none.
type server struct {
	Address     string `json:"address"`
	Name        string `json:"name"`
	Root        string `json:"root"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// proxy is one stream: what it calls itself, what it shows, and how many clusters (CDS) and listeners (LDS) there
// are for it. Of the other types it has all once it has what those name.
type proxy struct {
	ID     string         `json:"id"`
	Token  string         `json:"token"`
	Expect map[string]int `json:"expect"`
}

// desk carries out commands and reports.
type desk struct {
	out    *json.Encoder
	lock   sync.Mutex
	fleets map[string]*fleet
}

func newDesk(out io.Writer) *desk {
	return &desk{out: json.NewEncoder(out), fleets: map[string]*fleet{}}
}

func (d *desk) say(event any) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if err := d.out.Encode(event); err != nil {
		panic(err)
	}
}

func (d *desk) take(c command) error {
	if c.Op == "usage" {
		d.say(usage())
		return nil
	}
	if c.Op == "open" && d.fleets[c.Fleet] == nil {
		opened, err := newFleet(c, d.say)
		if err != nil {
			return err
		}
		d.fleets[c.Fleet] = opened
	}
	f := d.fleets[c.Fleet]
	if f == nil {
		return fmt.Errorf("no fleet %q", c.Fleet)
	}
	switch c.Op {
	case "open":
		f.open(c.Width)
	case "close":
		f.close()
	case "arm":
		f.arm(c.Type, c.Name, c.Streams)
	case "slow":
		f.slow(c.Share, c.PauseMs)
	default:
		return fmt.Errorf("unknown command")
	}
	return nil
}
