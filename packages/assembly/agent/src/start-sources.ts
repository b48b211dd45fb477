import type { Place } from '@kedge/flux'

import type { AgentParts } from './kinds/agent-parts.ts'
import { createArtifactGenerators, viewGenerators } from './kinds/artifact-generators.ts'
import type { Controller } from './kinds/controller.ts'
import { createExternalArtifacts } from './kinds/external-artifacts.ts'
import { createGitRepositories } from './kinds/git-repositories.ts'
import { createHelmCharts } from './kinds/helm-charts.ts'
import { createHelmRepositories } from './kinds/helm-repositories.ts'
import { createOciRepositories } from './kinds/oci-repositories.ts'
import type { SourceController } from './kinds/source-controller.ts'
import { createSourceObjects, type SourceObjects } from './kinds/source-objects.ts'
import { createChartBuilds } from './sources/chart-builds.ts'
import { createChartIndexes } from './sources/chart-indexes.ts'
import { createChartSources, type ChartSources } from './sources/chart-sources.ts'
import { createExternalFiles } from './sources/external-files.ts'
import { createGeneratorBuilds } from './sources/generator-builds.ts'
import type { GitSources } from './sources/git-sources.ts'
import { createHeldFiles } from './sources/held-files.ts'
import { createHelmIndexes } from './sources/helm-indexes.ts'
import { createOciArtifacts } from './sources/oci-artifacts.ts'
import { createRegistries } from './sources/registries.ts'
import { createRemoteCharts } from './sources/remote-charts.ts'
import type { SourceHost } from './sources/source-host.ts'

/** The sources of an agent, each kind with its controller. */
export interface Sources {
  readonly controllers: readonly Controller[]
  readonly objects: SourceObjects
  readonly charts: ChartSources
}

/** Wires the controllers of all kinds of sources to what they fetch with. */
export function startSources(
  parts: AgentParts,
  { host, git }: { readonly host: SourceHost; readonly git: GitSources },
): Sources {
  const files = createHeldFiles()
  const registries = createRegistries(host)
  const indexes = createChartIndexes(host)
  const artifacts = createOciArtifacts(host, { registries, files })
  const externalFiles = createExternalFiles(host, files)
  const gitRepositories = createGitRepositories(parts, git)
  const ociRepositories = createOciRepositories(parts, artifacts)
  const helmRepositories = createHelmRepositories(parts, createHelmIndexes(host, indexes))
  const remote = createRemoteCharts(host, { indexes, registries, repositories: () => helmRepositories.objects() })
  const builds = createChartBuilds(host, {
    remote,
    files,
    tree: ({ namespace, name }, revision) => git.tree(namespace, name, revision),
  })
  const helmCharts = createHelmCharts(parts, {
    builds,
    sources: { HelmRepository: helmRepositories, GitRepository: gitRepositories },
  })
  const generators = viewGenerators(parts)
  const externalArtifacts = createExternalArtifacts(parts, externalFiles, generators.makers)
  const objects = createSourceObjects([
    { controller: gitRepositories, tree: (place, revision) => git.tree(place.namespace, place.name, revision) },
    {
      controller: ociRepositories,
      tree: (place, revision) => artifacts.tree(place, revision),
      problem: (place, revision) => artifacts.problem(place, revision),
    },
    {
      controller: externalArtifacts,
      tree: (place, revision) => externalFiles.tree(place, revision),
      problem: (place, revision) => externalFiles.problem(place, revision),
    },
  ])
  const parents = withCharts(objects, helmCharts)
  const chart = (place: Place, digest: string): Uint8Array | undefined => builds.archive(place, digest)
  const artifactGenerators = createArtifactGenerators(parts, {
    view: generators.view,
    externals: externalArtifacts,
    files: externalFiles,
    sources: parents,
    builds: createGeneratorBuilds({ sources: parents, chart, artifacts: host.artifacts }),
  })
  const repositories = [gitRepositories, ociRepositories, helmRepositories, helmCharts]
  return {
    controllers: [...repositories, externalArtifacts, artifactGenerators],
    objects,
    charts: createChartSources({
      controllers: { HelmChart: helmCharts, OCIRepository: ociRepositories, ExternalArtifact: externalArtifacts },
      archive: async (ref, digest) => {
        if (ref.kind === 'HelmChart') return builds.archive(ref, digest)
        return ref.kind === 'OCIRepository' ? artifacts.archive(ref, digest) : externalFiles.archive(digest)
      },
      problem: (ref, revision) => (ref.kind === 'ExternalArtifact' ? externalFiles.problem(ref, revision) : undefined),
    }),
  }
}

/** Generators take files from charts too, which nobody else does. */
function withCharts(objects: SourceObjects, charts: SourceController): SourceObjects {
  return {
    ...objects,
    get: (kind, namespace, name) =>
      kind === charts.kind ? charts.get(namespace, name) : objects.get(kind, namespace, name),
    refresh: (kind, place) => (kind === charts.kind ? charts.refresh(place) : objects.refresh(kind, place)),
    onArtifact(listener) {
      objects.onArtifact(listener)
      charts.onArtifact((namespace, name) => listener(charts.kind, namespace, name))
    },
  }
}
