package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"
)

// patience is how long a change may take before it counts as lost.
const patience = time.Minute

// fleet is a number of proxies of one server. What they hold outlives their streams.
type fleet struct {
	proxies []*stream
	say     func(any)

	stop context.CancelFunc
	gone sync.WaitGroup

	lock    sync.Mutex
	opening *opening
	watched *watched
	// What is watched now, or was last.
	name reference
	// The version that each stream acknowledged last of the resource that was watched last.
	latest map[*stream]string
	// Somebody waits until these are all the same.
	levelling bool
	wire      wire
	// Streams that ended though nobody wanted it, since all were opened.
	failures int
	failure  string
}

// wire is what came, counted since the last report.
type wire struct {
	Bytes     int64 `json:"bytes"`
	Resources int64 `json:"resources"`
	Responses int64 `json:"responses"`
}

// opening waits until every stream has all that it expects.
type opening struct {
	startedAt int64
	settledAt []int64
	settled   map[*stream]bool
	// Holds one for each stream that was begun and is not settled.
	turns chan struct{}
}

// watched waits until so many streams have received and acknowledged one resource.
type watched struct {
	streams  int
	received []int64
	acked    []int64
	cpuNs    int64
}

func newFleet(c command, say func(any)) (*fleet, error) {
	secure, err := credentialsOf(c.Server)
	if err != nil {
		return nil, err
	}
	f := &fleet{say: say}
	for at, each := range c.Proxies {
		f.proxies = append(f.proxies, newStream(each, f, dialing{address: c.Server.Address, secure: secure, from: podAddress(at)}))
	}
	return f, nil
}

func credentialsOf(s server) (credentials.TransportCredentials, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.Root)) {
		return nil, errors.New("no root certificate")
	}
	config := &tls.Config{RootCAs: roots, ServerName: s.Name, MinVersion: tls.VersionTLS12}
	if s.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

// open starts all streams, so many at a time as may still lack something; 0: all at once. A proxy that held something before says so.
func (f *fleet) open(width int) {
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	f.lock.Lock()
	f.opening = &opening{startedAt: monotonic(), settled: map[*stream]bool{}}
	f.wire = wire{}
	f.failures = 0
	f.lock.Unlock()
	if width == 0 {
		width = len(f.proxies)
	}
	turns := make(chan struct{}, width)
	f.opening.turns = turns
	for _, each := range f.proxies {
		f.gone.Add(1)
		go func() {
			defer f.gone.Done()
			turns <- struct{}{}
			each.live(ctx)
		}()
	}
}

func (f *fleet) close() {
	f.stop()
	f.gone.Wait()
	f.say(map[string]any{"event": "closed"})
}

// slow makes a share of the proxies wait before each read, and stay out of what is measured. Once no proxy is slow any more,
// it waits until all have the same again.
func (f *fleet) slow(share float64, pauseMs int) {
	count := int(share*float64(len(f.proxies)) + 0.5)
	for at, each := range f.proxies {
		pause := time.Duration(0)
		if at < count {
			pause = time.Duration(pauseMs) * time.Millisecond
		}
		each.pause.Store(int64(pause))
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	if count > 0 {
		f.say(map[string]any{"event": "slowed", "streams": count})
		return
	}
	f.levelling = true
	f.level()
}

// level says that all proxies have the same, where somebody waits for it. The lock is held.
func (f *fleet) level() {
	if !f.levelling {
		return
	}
	versions := map[string]bool{}
	for _, version := range f.latest {
		versions[version] = true
	}
	if len(versions) > 1 {
		return
	}
	f.levelling = false
	f.say(map[string]any{"event": "slowed", "streams": 0})
}

func (f *fleet) arm(kind, name string, streams int) {
	f.lock.Lock()
	f.watched = &watched{streams: streams, cpuNs: cpuNs()}
	if f.name != (reference{kind, name}) {
		f.name = reference{kind, name}
		f.latest = map[*stream]string{}
	}
	f.wire = wire{}
	w := f.watched
	f.lock.Unlock()
	time.AfterFunc(patience, func() { f.giveUp(w) })
	f.say(map[string]any{"event": "armed"})
}

// giveUp says how far a change has come that not all have seen.
func (f *fleet) giveUp(w *watched) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.watched == w {
		f.say(map[string]any{"event": "stuck", "reached": len(w.acked), "streams": w.streams, "failure": f.failure})
	}
}

// settled is called by a stream that has all it expects for the first time.
func (f *fleet) settled(s *stream, at int64) {
	f.lock.Lock()
	defer f.lock.Unlock()
	o := f.opening
	if o == nil {
		return
	}
	if o.settled[s] {
		return
	}
	o.settled[s] = true
	<-o.turns
	o.settledAt = append(o.settledAt, at)
	if len(o.settledAt) < len(f.proxies) {
		return
	}
	f.opening = nil
	f.say(map[string]any{"event": "settled", "startedAt": o.startedAt, "settledAt": o.settledAt, "wire": f.wire, "failures": f.failures})
}

// failed is called by a stream that ended though nobody wanted it; it will try again.
func (f *fleet) failed(err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.failures++
	f.failure = err.Error()
}

// count is called for each response, whatever is in it.
func (f *fleet) count(bytes, resources int) {
	atomic.AddInt64(&f.wire.Bytes, int64(bytes))
	atomic.AddInt64(&f.wire.Resources, int64(resources))
	atomic.AddInt64(&f.wire.Responses, 1)
}

// answered is called for each response that was acknowledged.
func (f *fleet) answered(s *stream, r *response, receivedAt int64) {
	f.lock.Lock()
	defer f.lock.Unlock()
	w := f.watched
	if f.name.kind != r.kind {
		return
	}
	version, ok := r.version(f.name.name)
	if !ok {
		return
	}
	f.latest[s] = version
	f.level()
	if w == nil || s.pause.Load() > 0 {
		return
	}
	w.received = append(w.received, receivedAt)
	w.acked = append(w.acked, monotonic())
	if len(w.acked) < w.streams {
		return
	}
	f.watched = nil
	f.say(map[string]any{"event": "reached", "received": w.received, "acked": w.acked, "wire": f.wire, "cpuNs": cpuNs() - w.cpuNs})
}
