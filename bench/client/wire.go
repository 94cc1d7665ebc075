package main

import (
	"fmt"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// kinds are the types a proxy subscribes to, in the order it asks for them.
var kinds = []string{"CDS", "EDS", "LDS", "ECDS", "RDS", "SDS"}

var urls = map[string]string{
	"CDS":  "type.googleapis.com/envoy.config.cluster.v3.Cluster",
	"EDS":  "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
	"LDS":  "type.googleapis.com/envoy.config.listener.v3.Listener",
	"ECDS": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
	"RDS":  "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
	"SDS":  "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
}

var kindOf = func() map[string]string {
	kinds := map[string]string{}
	for kind, url := range urls {
		kinds[url] = kind
	}
	return kinds
}()

func isWildcard(kind string) bool {
	return kind == "CDS" || kind == "LDS"
}

// raw passes messages as they travel: a thousand streams must not pay for decoding what nobody reads.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	bytes, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("%T is no message", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(bytes)}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	into, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("%T takes no message", v)
	}
	*into = data.Materialize()
	return nil
}

// request is a DeltaDiscoveryRequest.
type request struct {
	kind, node, nonce string
	subscribe         []string
	initial           map[string]string
}

func encodeRequest(r request) []byte {
	var out []byte
	if r.node != "" {
		node := text(nil, 1, r.node)
		out = field(out, 1, text(node, 2, "bench"))
	}
	out = text(out, 2, urls[r.kind])
	for _, name := range r.subscribe {
		out = text(out, 3, name)
	}
	for name, version := range r.initial {
		out = field(out, 5, text(text(nil, 1, name), 2, version))
	}
	if r.nonce != "" {
		out = text(out, 6, r.nonce)
	}
	return out
}

func field(out []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, number, protowire.BytesType), content)
}

func text(out []byte, number protowire.Number, content string) []byte {
	return protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), content)
}

// response is a DeltaDiscoveryResponse, its resources left as they came.
type response struct {
	kind, nonce string
	resources   []resource
	removed     []string
}

type resource struct {
	name, version string
	// A google.protobuf.Any.
	content []byte
}

func (r *response) version(name string) (string, bool) {
	for _, each := range r.resources {
		if each.name == name {
			return each.version, true
		}
	}
	return "", false
}

func decodeResponse(message []byte) (*response, error) {
	r := &response{}
	err := fields(message, func(number protowire.Number, content []byte) error {
		switch number {
		case 2:
			each, err := decodeResource(content)
			r.resources = append(r.resources, each)
			return err
		case 4:
			r.kind = kindOf[string(content)]
		case 5:
			r.nonce = string(content)
		case 6:
			r.removed = append(r.removed, string(content))
		}
		return nil
	})
	if err == nil && r.kind == "" {
		return nil, fmt.Errorf("a response of no known type")
	}
	return r, err
}

func decodeResource(message []byte) (resource, error) {
	var r resource
	err := fields(message, func(number protowire.Number, content []byte) error {
		switch number {
		case 1:
			r.version = string(content)
		case 2:
			r.content = content
		case 3:
			r.name = string(content)
		}
		return nil
	})
	return r, err
}

// fields calls back for each field that has a length, and passes over the others.
func fields(message []byte, on func(protowire.Number, []byte) error) error {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return protowire.ParseError(length)
		}
		message = message[length:]
		if kind != protowire.BytesType {
			length = protowire.ConsumeFieldValue(number, kind, message)
			if length < 0 {
				return protowire.ParseError(length)
			}
			message = message[length:]
			continue
		}
		content, length := protowire.ConsumeBytes(message)
		if length < 0 {
			return protowire.ParseError(length)
		}
		if err := on(number, content); err != nil {
			return err
		}
		message = message[length:]
	}
	return nil
}
