package main

import (
	"fmt"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/proto"
)

var urls = map[string]string{
	"CDS": resource.ClusterType, "EDS": resource.EndpointType, "LDS": resource.ListenerType,
	"RDS": resource.RouteType, "SDS": resource.SecretType, "ECDS": resource.ExtensionConfigType,
}

func messageOf(kind string) proto.Message {
	switch kind {
	case "CDS":
		return &cluster.Cluster{}
	case "EDS":
		return &endpoint.ClusterLoadAssignment{}
	case "LDS":
		return &listener.Listener{}
	case "RDS":
		return &route.RouteConfiguration{}
	case "SDS":
		return &tls.Secret{}
	case "ECDS":
		return &core.TypedExtensionConfig{}
	default:
		return nil
	}
}

func unsealAll(all []sealed) (contents, error) {
	out := contents{}
	for _, each := range all {
		message := messageOf(each.Type)
		if message == nil {
			return nil, fmt.Errorf("unknown type %q", each.Type)
		}
		if err := proto.Unmarshal(each.Bytes, message); err != nil {
			return nil, fmt.Errorf("%s %s: %w", each.Type, each.Name, err)
		}
		url := urls[each.Type]
		if out[url] == nil {
			out[url] = map[string]types.Resource{}
		}
		out[url][each.Name] = message
	}
	return out, nil
}
