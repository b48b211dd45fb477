import { type ReleasePlace } from './action-order.ts'
import { sortHistory } from './snapshot.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { type HelmReleaseStatus } from './status.ts'

/** Where the release is to be. */
export function placeOf(spec: HelmReleaseSpec): ReleasePlace {
  return { name: spec.releaseName, namespace: spec.releaseNamespace, storageNamespace: spec.storageNamespace }
}

/**
 * Where the release is, when that is not where it is to be, or when it is of another chart that may not take its place
 * (SPEC.md HD34). It is uninstalled there first.
 */
export function oldPlace(
  spec: HelmReleaseSpec,
  status: HelmReleaseStatus,
  chartName: string,
): ReleasePlace | undefined {
  const [current] = sortHistory(status.history ?? [])
  const { storageNamespace } = status
  if (current === undefined || storageNamespace === undefined || storageNamespace === '') return undefined
  const moved =
    spec.storageNamespace !== storageNamespace ||
    spec.releaseNamespace !== current.namespace ||
    spec.releaseName !== current.name
  const replaced = chartName !== current.chartName && spec.upgrade.chartNameChange === 'Reinstall'
  return moved || replaced ? { name: current.name, namespace: current.namespace, storageNamespace } : undefined
}
