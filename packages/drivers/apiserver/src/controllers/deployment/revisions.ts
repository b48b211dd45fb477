import type { Draft } from '../../contracts.ts'
import { child, numeric, sameValue, stringMap } from '../../kinds/draft.ts'
import { annotationsOf, createdAt, metaOf, nameOf, specOf, statusOf, type KubeObject } from '../runtime/kube-object.ts'
import { resolveCount } from '../runtime/pods.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const HASH_LABEL = 'pod-template-hash'
const HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED = 'deployment.kubernetes.io/desired-replicas'
const MOST = 'deployment.kubernetes.io/max-replicas'
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  HISTORY,
  DESIRED,
  MOST,
])

/** The ReplicaSet whose template is the Deployment's; the oldest when there are several. */
export function findNewSet(deployment: KubeObject, sets: readonly KubeObject[]): KubeObject | undefined {
  const template = withoutHash(child(specOf(deployment), 'template'))
  return sets
    .toSorted((left, right) => createdAt(left) - createdAt(right) || (nameOf(left) < nameOf(right) ? -1 : 1))
    .find((set) => sameValue(withoutHash(child(specOf(set), 'template')), template))
}

/** The highest revision among ReplicaSets. */
export function highestRevision(sets: readonly KubeObject[]): number {
  return Math.max(0, ...sets.map(revisionOf))
}

export function revisionOf(object: KubeObject): number {
  return Number(annotationsOf(object)[REVISION] ?? 0) || 0
}

/** Annotations that the new ReplicaSet must have: the Deployment's, its revision, and the sizes of the rollout. */
export function annotationsForSet(
  deployment: KubeObject,
  set: KubeObject | undefined,
  revision: number,
): Readonly<Record<string, string>> {
  const before = set === undefined ? {} : annotationsOf(set)
  const copied = Object.fromEntries(Object.entries(annotationsOf(deployment)).filter(([key]) => !NOT_COPIED.has(key)))
  const known = Number(before[REVISION] ?? 0)
  const next: Record<string, string> = { ...before, ...copied, ...sizeAnnotations(deployment) }
  next[REVISION] = String(Math.max(known, revision))
  if (known > 0 && known < revision) next[HISTORY] = [before[HISTORY], String(known)].filter(Boolean).join(',')
  return next
}

/** Annotations that say which size of the Deployment a ReplicaSet was scaled for. */
export function sizeAnnotations(deployment: KubeObject): Readonly<Record<string, string>> {
  const desired = replicasOf(deployment)
  return { [DESIRED]: String(desired), [MOST]: String(desired + maxSurge(deployment)) }
}

/** The size of the Deployment that a ReplicaSet was last scaled for. */
export function desiredWhenScaled(set: KubeObject): number | undefined {
  const written = annotationsOf(set)[DESIRED]
  return written === undefined ? undefined : Number(written)
}

export function replicasOf(object: KubeObject): number {
  return numeric(specOf(object), 'replicas') ?? 1
}

export function isRolling(deployment: KubeObject): boolean {
  return child(specOf(deployment), 'strategy')?.['type'] !== 'Recreate'
}

/** Pods beyond the desired number that a rollout may make. */
export function maxSurge(deployment: KubeObject): number {
  if (!isRolling(deployment)) return 0
  return resolveCount(rollingUpdate(deployment)?.['maxSurge'] ?? '25%', replicasOf(deployment), 'up')
}

/** Pods of the desired number that may be missing during a rollout. */
export function maxUnavailable(deployment: KubeObject): number {
  const desired = replicasOf(deployment)
  if (!isRolling(deployment) || desired === 0) return 0
  const resolved = resolveCount(rollingUpdate(deployment)?.['maxUnavailable'] ?? '25%', desired, 'down')
  // Neither surge nor gap would be a standstill: then one pod may be missing.
  const effective = resolved === 0 && maxSurge(deployment) === 0 ? 1 : resolved
  return Math.min(effective, desired)
}

/** Sum of a count in the status of ReplicaSets. */
export function sumOf(sets: readonly (KubeObject | undefined)[], key: string): number {
  let sum = 0
  for (const set of sets) if (set !== undefined) sum += numeric(statusOf(set), key) ?? 0
  return sum
}

/** Sum of the replicas that ReplicaSets are to have. */
export function sumOfWanted(sets: readonly KubeObject[]): number {
  let sum = 0
  for (const set of sets) sum += numeric(specOf(set), 'replicas') ?? 0
  return sum
}

function rollingUpdate(deployment: KubeObject): Draft | undefined {
  return child(child(specOf(deployment), 'strategy'), 'rollingUpdate')
}

function withoutHash(template: Readonly<Draft> | undefined): Draft {
  const metadata = child(template, 'metadata') ?? {}
  const { [HASH_LABEL]: _hash, ...labels } = stringMap(metadata, 'labels')
  return { ...template, metadata: { ...metadata, labels } }
}

/** The labels of a Deployment's selector and template with the hash of the template. */
export function withHash(labels: Readonly<Record<string, string>>, hash: string): Record<string, string> {
  return { ...labels, [HASH_LABEL]: hash }
}

/** Labels of a pod template. */
export function templateLabels(object: KubeObject): Readonly<Record<string, string>> {
  return stringMap(child(child(specOf(object), 'template'), 'metadata'), 'labels')
}

/** How often names made from the template's hash were taken already. */
export function collisionsOf(deployment: KubeObject): number {
  return numeric(statusOf(deployment), 'collisionCount') ?? 0
}

/** Metadata of an object with other annotations. */
export function withAnnotations(object: KubeObject, annotations: Readonly<Record<string, string>>): Draft {
  return { ...object, metadata: { ...metaOf(object), annotations } }
}

/** Annotations of a Deployment with the revision of its ReplicaSet; undefined when it has it already. */
export function newRevisionAnnotation(
  deployment: KubeObject,
  set: KubeObject,
): Readonly<Record<string, string>> | undefined {
  const revision = annotationsOf(set)[REVISION]
  const annotations = annotationsOf(deployment)
  return revision === undefined || annotations[REVISION] === revision
    ? undefined
    : { ...annotations, [REVISION]: revision }
}
