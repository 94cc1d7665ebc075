package main

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

const method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"

// retry is how long a proxy waits after a stream that ended.
const retry = 200 * time.Millisecond

type dialing struct {
	address string
	secure  credentials.TransportCredentials
	from    net.IP
}

// podAddress gives each proxy an address of its own, as pods have: who comes from one place in a crowd may be held up for that.
func podAddress(at int) net.IP {
	return net.IPv4(127, 1, byte(at/254), 1+byte(at%254))
}

func (d dialing) dial(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: d.from}}
	return dialer.DialContext(ctx, "tcp", address)
}

// stream is one proxy: its connection, and what it holds by type and name.
type stream struct {
	proxy
	fleet *fleet
	dialing
	held      map[string]map[string]string
	wanted    map[string]map[string]bool
	listening bool
	complete  bool
	// Nanoseconds before each read.
	pause atomic.Int64
}

func newStream(p proxy, f *fleet, d dialing) *stream {
	s := &stream{proxy: p, fleet: f, dialing: d, held: map[string]map[string]string{}, wanted: map[string]map[string]bool{}}
	for _, each := range kinds {
		s.held[each] = map[string]string{}
		s.wanted[each] = map[string]bool{}
	}
	return s
}

// live keeps a stream open until the context ends, as Envoy does: over a connection of its own, again when it was lost.
func (s *stream) live(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.talk(ctx); err != nil && ctx.Err() == nil {
			s.fleet.failed(err)
			time.Sleep(retry)
		}
	}
}

func (s *stream) talk(ctx context.Context) error {
	connection, err := grpc.NewClient("passthrough:///"+s.address, grpc.WithTransportCredentials(s.secure), grpc.WithContextDialer(s.dial), grpc.WithDisableServiceConfig())
	if err != nil {
		return err
	}
	defer connection.Close()
	if s.Token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", s.Token)
	}
	call, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method, grpc.ForceCodecV2(raw{}), grpc.MaxCallRecvMsgSize(64<<20))
	if err != nil {
		return err
	}
	if err := s.introduce(call); err != nil {
		return err
	}
	for {
		if pause := s.pause.Load(); pause > 0 {
			time.Sleep(time.Duration(pause))
		}
		var message []byte
		if err := call.RecvMsg(&message); err != nil {
			return err
		}
		if err := s.take(call, message); err != nil {
			return err
		}
	}
}

// introduce sends the first requests: of a fresh proxy for its clusters, of one that comes back for all it holds.
func (s *stream) introduce(call grpc.ClientStream) error {
	s.complete = false
	if len(s.held["CDS"]) == 0 {
		return call.SendMsg(encodeRequest(request{kind: "CDS", node: s.ID}))
	}
	node := s.ID
	for _, kind := range kinds {
		subscribe := []string{}
		if !isWildcard(kind) {
			subscribe = keys(s.wanted[kind])
			if len(subscribe) == 0 {
				continue
			}
		}
		if err := call.SendMsg(encodeRequest(request{kind: kind, node: node, subscribe: subscribe, initial: s.held[kind]})); err != nil {
			return err
		}
		node = ""
	}
	return s.look()
}

// take does with one response what Envoy does: keeps it, acknowledges it, and asks for what it refers to.
func (s *stream) take(call grpc.ClientStream, message []byte) error {
	at := monotonic()
	r, err := decodeResponse(message)
	if err != nil {
		return err
	}
	s.fleet.count(len(message), len(r.resources))
	found := map[string][]string{}
	for _, each := range r.resources {
		s.held[r.kind][each.name] = each.version
		if err := s.find(found, r.kind, each); err != nil {
			return err
		}
	}
	for _, name := range r.removed {
		delete(s.held[r.kind], name)
	}
	if err := call.SendMsg(encodeRequest(request{kind: r.kind, nonce: r.nonce})); err != nil {
		return err
	}
	s.fleet.answered(s, r, at)
	if err := s.ask(call, found); err != nil {
		return err
	}
	return s.look()
}

// find adds the names that a resource refers to and that were not asked for yet.
func (s *stream) find(found map[string][]string, kind string, each resource) error {
	references, err := referencesOf(kind, each)
	if err != nil {
		return err
	}
	for _, ref := range references {
		if !s.wanted[ref.kind][ref.name] {
			s.wanted[ref.kind][ref.name] = true
			found[ref.kind] = append(found[ref.kind], ref.name)
		}
	}
	return nil
}

// ask subscribes to what was found. Listeners are asked for once the clusters have their endpoints.
func (s *stream) ask(call grpc.ClientStream, found map[string][]string) error {
	for _, kind := range kinds {
		if names := found[kind]; len(names) > 0 {
			if err := call.SendMsg(encodeRequest(request{kind: kind, subscribe: names})); err != nil {
				return err
			}
		}
	}
	if s.listening || len(s.held["CDS"]) == 0 || len(s.held["EDS"]) < len(s.wanted["EDS"]) {
		return nil
	}
	s.listening = true
	return call.SendMsg(encodeRequest(request{kind: "LDS"}))
}

// look tells the fleet, once a stream, that all there is has come.
func (s *stream) look() error {
	if s.complete {
		return nil
	}
	for _, kind := range kinds {
		if !s.hasAll(kind) {
			return nil
		}
	}
	s.complete = true
	s.fleet.settled(s, monotonic())
	return nil
}

// hasAll knows of clusters and listeners how many there are, and of the rest what it was told to ask for.
func (s *stream) hasAll(kind string) bool {
	if isWildcard(kind) {
		return len(s.held[kind]) == s.Expect[kind]
	}
	return len(s.held[kind]) >= len(s.wanted[kind])
}

func keys(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	return names
}
