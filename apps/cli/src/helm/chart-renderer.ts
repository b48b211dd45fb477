import { templateHost } from '@kedge/cryptography'
import {
  chartError,
  defaultApiVersions,
  helmProfiles,
  loadChartTree,
  mergeMaps,
  parseKubeVersion,
  printRelease,
  renderRelease,
  toFloats,
  type Capabilities,
} from '@kedge/helm'
import type { ChartRenderer, ChartRequest } from '@kedge/kustomize'
import { gunzip } from './load-chart.ts'
import { templateName } from './name-template.ts'

/** What the flags of `kustomize build` say about charts; a chart's own fields win. */
export interface ChartFlags {
  readonly kubeVersion?: string | undefined
  readonly apiVersions?: readonly string[] | undefined
}

type Values = Record<string, unknown>

/** Renders the `helmCharts` of kustomizations that lie in their tree, as kustomize has helm do it. */
export function chartRenderer(flags: ChartFlags, warn: (message: string) => void): ChartRenderer {
  return { render: (request) => render(request, flags, warn) }
}

function render(request: ChartRequest, flags: ChartFlags, warn: (message: string) => void): string {
  const { chart: spec, tree, path } = request
  if (tree.kindOf(path) !== 'directory') {
    throw chartError(`no repo specified for pull, no chart found at '${path}'`)
  }
  const { nameTemplate = '', releaseName = '', namespace = '' } = spec
  if (nameTemplate !== '' && releaseName !== '') {
    throw chartError('cannot set --name-template and also specify a name')
  }
  const values = request.values.map((value) => (toFloats(value) ?? {}) as Values)
  const release = renderRelease(
    {
      chart: loadChartTree(tree, path, { gunzip, warn }),
      values: values.reduce((merged, next) => mergeMaps(merged, next), Object.create(null) as Values),
      name: nameTemplate === '' ? releaseName || 'release-name' : templateName(nameTemplate),
      namespace: namespace === '' ? 'default' : namespace,
      revision: 1,
      isUpgrade: false,
      capabilities: capabilitiesOf(spec, flags),
    },
    { host: templateHost(), profile: helmProfiles['4.3'], warn },
  )
  return printRelease(release, {
    includeCrds: spec.includeCRDs ?? false,
    noHooks: spec.skipHooks ?? false,
    skipTests: spec.skipTests ?? false,
  })
}

function capabilitiesOf(spec: ChartRequest['chart'], flags: ChartFlags): Capabilities {
  const { kubeVersion: own = '', apiVersions = [] } = spec
  const given = own === '' ? (flags.kubeVersion ?? '') : own
  const kubeVersion = given === '' ? 'v1.37.0' : parseKubeVersion(given)
  if (kubeVersion === undefined) throw chartError(`invalid kube version '${given}'`)
  const more = apiVersions.length > 0 ? apiVersions : (flags.apiVersions ?? [])
  return { kubeVersion, apiVersions: [...defaultApiVersions, ...more], helmVersion: 'v4.3' }
}
