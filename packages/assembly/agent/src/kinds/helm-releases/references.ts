import { readHelmRelease, type HelmReleaseSpec } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { createReferencesBy, type Reading, type References } from '../references.ts'

/** Who refers to what among the HelmReleases. A release of a chart template uses the HelmChart that is made of it. */
export function createReleaseReferences(): References<HelmReleaseSpec> {
  return createReferencesBy(readReferences)
}

function readReferences(object: KubeObject): Reading<HelmReleaseSpec> | undefined {
  const parsed = readHelmRelease(object)
  if (!parsed.ok) return undefined
  const spec = parsed.value
  const { namespace = '', name = '' } = object.metadata
  const { chart, chartRef, kubeConfig } = spec
  const made = chart === undefined ? [] : [`HelmChart ${chart.sourceRef.namespace}/${namespace}-${name}`]
  const named = chartRef === undefined ? [] : [`${chartRef.kind} ${chartRef.namespace}/${chartRef.name}`]
  const configs = spec.valuesFrom.map((one) => `${one.kind} ${namespace}/${one.name}`)
  const remote = kubeConfig === undefined ? [] : [`${kubeConfig.kind} ${namespace}/${kubeConfig.name}`]
  return {
    spec,
    dependsOn: spec.dependsOn.map((one) => `${one.namespace}/${one.name}`),
    uses: [...made, ...named, ...configs, ...remote],
  }
}
