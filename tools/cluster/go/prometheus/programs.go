//go:build programs

// Package programs names the program that is built from this module.
package programs

import _ "github.com/prometheus/prometheus/cmd/prometheus"
