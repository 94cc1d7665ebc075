package main

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// shelf is where resources are put for the server to serve: one of the ways in which go-control-plane's users do.
type shelf interface {
	put(resources contents) error
	// know names the proxies that will come.
	know(nodes []string) error
	cache() cache.Cache
}

// contents is resources by type URL and name.
type contents map[string]map[string]types.Resource

func newShelf(ctx context.Context, mode string) (shelf, error) {
	switch mode {
	case "linear":
		return newLinear(), nil
	case "shared":
		return newSnapshots(ctx, sameForAll{}), nil
	case "pernode":
		return newSnapshots(ctx, cache.IDHash{}), nil
	default:
		return nil, fmt.Errorf("no cache is called %q", mode)
	}
}

// linear holds one collection a type, which every proxy sees.
type linear struct {
	caches map[string]*cache.LinearCache
	mux    *cache.MuxCache
}

func newLinear() *linear {
	l := &linear{caches: map[string]*cache.LinearCache{}}
	l.mux = &cache.MuxCache{
		Classify:      func(r *cache.Request) string { return r.GetTypeUrl() },
		ClassifyDelta: func(r *cache.DeltaRequest) string { return r.GetTypeUrl() },
		Caches:        map[string]cache.Cache{},
	}
	for _, url := range urls {
		l.caches[url] = cache.NewLinearCache(url)
		l.mux.Caches[url] = l.caches[url]
	}
	return l
}

func (l *linear) put(resources contents) error {
	for url, byName := range resources {
		if err := l.caches[url].UpdateResources(byName, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *linear) know([]string) error { return nil }
func (l *linear) cache() cache.Cache  { return l.mux }

// sameForAll gives every proxy the same snapshot.
type sameForAll struct{}

func (sameForAll) ID(*core.Node) string { return "all" }

// snapshots holds everything that a proxy is to have, for each name that the hash gives it.
type snapshots struct {
	ctx      context.Context
	versions int
	all      contents
	nodes    []string
	served   cache.SnapshotCache
}

func newSnapshots(ctx context.Context, hash cache.NodeHash) *snapshots {
	s := &snapshots{ctx: ctx, all: contents{}, served: cache.NewSnapshotCache(true, hash, nil)}
	if (hash == sameForAll{}) {
		s.nodes = []string{"all"}
	}
	return s
}

func (s *snapshots) put(resources contents) error {
	for url, byName := range resources {
		if s.all[url] == nil {
			s.all[url] = map[string]types.Resource{}
		}
		maps.Copy(s.all[url], byName)
	}
	s.versions++
	for _, node := range s.nodes {
		if err := s.set(node); err != nil {
			return err
		}
	}
	return nil
}

// set gives a node a snapshot of its own, as who computes one for each proxy does.
func (s *snapshots) set(node string) error {
	lists := map[string][]types.Resource{}
	for url, byName := range s.all {
		for _, each := range byName {
			lists[url] = append(lists[url], each)
		}
	}
	snapshot, err := cache.NewSnapshot(strconv.Itoa(s.versions), lists)
	if err != nil {
		return err
	}
	return s.served.SetSnapshot(s.ctx, node, snapshot)
}

func (s *snapshots) know(nodes []string) error {
	if len(s.nodes) == 1 && s.nodes[0] == "all" {
		return nil
	}
	s.nodes = nodes
	for _, node := range nodes {
		if err := s.set(node); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshots) cache() cache.Cache { return s.served }
