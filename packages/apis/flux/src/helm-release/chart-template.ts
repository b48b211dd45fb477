import { type KubeObject } from '@kedge/manifest'

import { formatDuration } from '../spec/duration.ts'
import { isRecord } from '../spec/field-reader.ts'
import { type HelmReleaseSpec } from './spec.ts'

/** Label that names the owning HelmRelease, on its HelmChart and on everything that its release has. */
export const helmNameLabel = 'helm.toolkit.fluxcd.io/name'
/** Label that names the owning HelmRelease's namespace. */
export const helmNamespaceLabel = 'helm.toolkit.fluxcd.io/namespace'

/** The labels by which an object is known to come from a HelmRelease. */
export function originLabels(owner: KubeObject): Readonly<Record<string, string>> {
  const { name = '', namespace = '' } = owner.metadata
  return { [helmNameLabel]: name, [helmNamespaceLabel]: namespace }
}

/** The HelmChart that a HelmRelease asks for; undefined when it takes a chart that is there (SPEC.md HS10). */
export function toHelmChart(owner: KubeObject, spec: HelmReleaseSpec): KubeObject | undefined {
  const { chart } = spec
  if (chart === undefined) return undefined
  const { name = '', namespace = '' } = owner.metadata
  const { kind, name: sourceName } = chart.sourceRef
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: {
      name: `${namespace}-${name}`,
      namespace: chart.sourceRef.namespace,
      labels: { ...chart.labels, ...originLabels(owner) },
      ...(chart.annotations === undefined ? {} : { annotations: chart.annotations }),
    },
    spec: {
      interval: formatDuration(spec.intervalMs),
      ...chart.spec,
      sourceRef: { kind, name: sourceName },
    },
  }
}

/** Whether a live HelmChart is as it is asked for; `suspend` is the users' own, and what is empty may be absent. */
export function isChartAsDesired(live: KubeObject, desired: KubeObject): boolean {
  const labels = covers(live.metadata.labels, desired.metadata.labels)
  const annotations = covers(live.metadata.annotations, desired.metadata.annotations)
  return labels && annotations && sameFields(withoutSuspend(live['spec']), withoutSuspend(desired['spec']))
}

function withoutSuspend(spec: unknown): Readonly<Record<string, unknown>> {
  const { suspend: _suspend, ...rest } = isRecord(spec) ? spec : {}
  return rest
}

function covers(
  live: Readonly<Record<string, string>> | undefined,
  desired: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(desired ?? {}).every(([key, value]) => live?.[key] === value)
}

function sameFields(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameFields(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return false
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => sameFields(a[name], b[name]))
}

/** Whether a HelmChart was made for this HelmRelease; only such a one is deleted. */
export function isOwnChart(live: KubeObject, owner: KubeObject): boolean {
  return covers(live.metadata.labels, originLabels(owner))
}

/** Reads `<namespace>/<name>`; undefined when it is not of this form. */
export function parseChartName(text: string): { readonly namespace: string; readonly name: string } | undefined {
  const [namespace = '', name = '', ...more] = text.split('/')
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name }
}
