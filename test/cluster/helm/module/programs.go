//go:build programs

// Package programs names the commands that are built, so that `go mod tidy` keeps their modules.
package programs

import _ "helm.sh/helm/v4/cmd/helm"
