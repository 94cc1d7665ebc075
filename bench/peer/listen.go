package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// keys is what the server shows, and the root that its clients' certificates must have; PEM.
type keys struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	ClientRoot  string `json:"clientRoot"`
}

func listen(ctx context.Context, served cache.Cache, k keys) (int, error) {
	pair, err := tls.X509KeyPair([]byte(k.Certificate), []byte(k.Key))
	if err != nil {
		return 0, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(k.ClientRoot)) {
		return 0, errors.New("no root certificate for clients")
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	rpc := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)), grpc.MaxConcurrentStreams(1_000_000))
	discovery.RegisterAggregatedDiscoveryServiceServer(rpc, server.NewServer(ctx, served, nil))
	go func() {
		if err := rpc.Serve(socket); err != nil {
			fmt.Fprintln(os.Stderr, "bench peer:", err)
			os.Exit(1)
		}
	}()
	return socket.Addr().(*net.TCPAddr).Port, nil
}
