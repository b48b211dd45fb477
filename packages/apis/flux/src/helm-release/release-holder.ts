import { type KubeObject } from '@kedge/manifest'

import { sortHistory } from './snapshot.ts'
import { readHelmRelease, type HelmReleaseSpec } from './spec.ts'
import { readHelmReleaseStatus } from './status.ts'

/** Names a release: HelmReleases of which this is equal want one and the same. Clusters are told apart by their kubeconfig. */
export function releaseId(owner: KubeObject, spec: HelmReleaseSpec): string {
  const { kubeConfig, storageNamespace, releaseName } = spec
  const cluster =
    kubeConfig === undefined
      ? ''
      : `${kubeConfig.kind} ${owner.metadata.namespace ?? ''}/${kubeConfig.name} ${kubeConfig.key ?? ''}`
  return `${cluster} ${storageNamespace}/${releaseName}`
}

/**
 * Which of the HelmReleases that want one release has it: one that has brought it before one that has not, then the
 * oldest. One that is suspended wants nothing, nor does one that is being deleted and never brought it (SPEC.md HD36).
 */
export function releaseHolder(claimants: readonly KubeObject[]): KubeObject | undefined {
  return claimants.filter(wants).toSorted(byPrecedence)[0]
}

function wants(object: KubeObject): boolean {
  const isSuspended = (object['spec'] as { readonly suspend?: unknown } | undefined)?.suspend === true
  return !isSuspended && (object.metadata.deletionTimestamp === undefined || hasBrought(object))
}

/** Whether it brought the very release that it wants: one that has moved may still have another. */
function hasBrought(object: KubeObject): boolean {
  const parsed = readHelmRelease(object)
  const { history = [], storageNamespace } = readHelmReleaseStatus(object)
  const [latest] = sortHistory(history)
  if (!parsed.ok || latest === undefined) return false
  return latest.name === parsed.value.releaseName && storageNamespace === parsed.value.storageNamespace
}

function byPrecedence(a: KubeObject, b: KubeObject): number {
  const brought = Number(hasBrought(b)) - Number(hasBrought(a))
  if (brought !== 0) return brought
  const [left, right] = [precedence(a), precedence(b)]
  return left < right ? -1 : Number(left > right)
}

function precedence({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}
