package main

import (
	"sync"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
)

// reference is a resource that another one names.
type reference struct{ kind, name string }

// known remembers by type, name and version: what a thousand proxies get is looked through once.
var known sync.Map

// referencesOf lists what Envoy subscribes to because of a cluster or a listener.
func referencesOf(kind string, r resource) ([]reference, error) {
	if !isWildcard(kind) {
		return nil, nil
	}
	key := kind + "/" + r.name + "/" + r.version
	if found, ok := known.Load(key); ok {
		return found.([]reference), nil
	}
	var content anypb.Any
	if err := proto.Unmarshal(r.content, &content); err != nil {
		return nil, err
	}
	message, err := content.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	var found []reference
	walk(message.ProtoReflect(), func(r reference) { found = append(found, r) })
	known.Store(key, found)
	return found, nil
}

func walk(message protoreflect.Message, found func(reference)) {
	switch m := message.Interface().(type) {
	case *anypb.Any:
		// An extension that is not linked in refers to nothing that is subscribed to.
		if inner, err := m.UnmarshalNew(); err == nil {
			walk(inner.ProtoReflect(), found)
		}
		return
	case *cluster.Cluster:
		if m.GetType() == cluster.Cluster_EDS {
			found(reference{"EDS", firstOf(m.GetEdsClusterConfig().GetServiceName(), m.GetName())})
		}
	case *tls.SdsSecretConfig:
		if isDynamic(m.GetSdsConfig()) {
			found(reference{"SDS", m.GetName()})
		}
	case *hcm.Rds:
		found(reference{"RDS", m.GetRouteConfigName()})
	case *hcm.HttpFilter:
		if m.GetConfigDiscovery() != nil {
			found(reference{"ECDS", m.GetName()})
		}
	case *listener.Filter:
		if m.GetConfigDiscovery() != nil {
			found(reference{"ECDS", m.GetName()})
		}
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, each protoreflect.Value) bool {
				walk(each.Message(), found)
				return true
			})
		case field.IsMap() || field.Message() == nil:
		case field.IsList():
			for at := range value.List().Len() {
				walk(value.List().Get(at).Message(), found)
			}
		default:
			walk(value.Message(), found)
		}
		return true
	})
}

func isDynamic(source *core.ConfigSource) bool {
	return source.GetAds() != nil
}

func firstOf(name, otherwise string) string {
	if name != "" {
		return name
	}
	return otherwise
}
