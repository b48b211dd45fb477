// Command engine-time times Helm's own engine in one process: loading, rendering, splitting and sorting charts as
// `helm template` does. It prints one line of JSON for each chart folder: the path and the median of warm rounds.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

const (
	warmRounds = 7
	rounds     = 11
)

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, folder := range os.Args[1:] {
		ms, err := median(folder)
		if err == nil {
			err = out.Encode(map[string]any{"folder": folder, "ms": ms})
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", folder, err)
			os.Exit(1)
		}
	}
}

func median(folder string) (float64, error) {
	times := make([]float64, 0, rounds)
	for round := range warmRounds + rounds {
		from := time.Now()
		if err := render(folder); err != nil {
			return 0, err
		}
		if round >= warmRounds {
			times = append(times, float64(time.Since(from).Microseconds())/1000)
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

func render(folder string) error {
	chart, err := loader.Load(folder)
	if err != nil {
		return err
	}
	values := map[string]any{}
	if err := chartutil.ProcessDependencies(chart, values); err != nil {
		return err
	}
	options := common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	top, err := commonutil.ToRenderValues(chart, values, options, common.DefaultCapabilities)
	if err != nil {
		return err
	}
	files, err := engine.Render(chart, top)
	if err != nil {
		return err
	}
	for name := range files {
		if len(name) >= 9 && name[len(name)-9:] == "NOTES.txt" {
			delete(files, name)
		}
	}
	_, _, err = releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	return err
}
