//go:build programs

// Package programs names the programs that are built from this module: the API server of the oldest release that the chart takes.
package programs

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
