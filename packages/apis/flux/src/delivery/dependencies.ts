import { type KubeObject } from '@kedge/manifest'

import { isRecord } from '../spec/field-reader.ts'
import { type Dependency, type SourceRef } from '../spec/kustomization.ts'
import { isTrue, readConditions } from '../status/conditions.ts'

/** What is known of a Kustomization that others may depend on. */
export interface Dependent {
  readonly key: string
  readonly dependsOn: readonly string[]
}

/** `namespace/name`, by which Kustomizations are told apart. */
export function dependencyKey(ref: { readonly namespace: string; readonly name: string }): string {
  return `${ref.namespace}/${ref.name}`
}

/**
 * A cycle of dependencies through `start`, as keys from `start` back to `start`; undefined when there is none.
 * Keys that `dependenciesOf` does not know end the search.
 */
export function findCycle(
  start: string,
  dependenciesOf: (key: string) => readonly string[],
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const key of queue) {
    for (const next of dependenciesOf(key)) {
      if (next === start) return walkBack(key, { start, cameFrom })
      if (cameFrom.has(next)) continue
      cameFrom.set(next, key)
      queue.push(next)
    }
  }
  return undefined
}

function walkBack(
  end: string,
  search: { readonly start: string; readonly cameFrom: ReadonlyMap<string, string> },
): readonly string[] {
  const path = [search.start]
  for (let key = end; key !== search.start; key = search.cameFrom.get(key) ?? search.start) path.unshift(key)
  return [search.start, ...path]
}

/** The keys in an order in which each comes after those it depends on; members of a cycle come last, as they are. */
export function topologicalOrder(dependents: readonly Dependent[]): readonly string[] {
  const waiting = new Map(dependents.map((dependent) => [dependent.key, 0]))
  const unlocks = new Map<string, string[]>()
  for (const { key, dependsOn } of dependents) {
    for (const dependency of new Set(dependsOn)) {
      if (!waiting.has(dependency)) continue
      waiting.set(key, (waiting.get(key) ?? 0) + 1)
      unlocks.set(dependency, [...(unlocks.get(dependency) ?? []), key])
    }
  }
  const order = dependents.map(({ key }) => key).filter((key) => waiting.get(key) === 0)
  for (const key of order) {
    for (const unlocked of unlocks.get(key) ?? []) {
      const left = (waiting.get(unlocked) ?? 0) - 1
      waiting.set(unlocked, left)
      if (left === 0) order.push(unlocked)
    }
  }
  const sorted = new Set(order)
  return [...order, ...dependents.map(({ key }) => key).filter((key) => !sorted.has(key))]
}

export interface DependencyInput {
  readonly dependency: Dependency
  /** The Kustomization depended on; undefined when it does not exist. */
  readonly found: KubeObject | undefined
  /** Where the dependency takes its objects from; undefined when its spec cannot be read. */
  readonly foundSource: SourceRef | undefined
  readonly ownSource: SourceRef
  readonly artifactRevision: string
}

/** Why a dependency without readyExpr is not ready, in Flux's words; undefined when it is (SPEC.md D1 to D4). */
export function judgeDependency(input: DependencyInput): string | undefined {
  const name = dependencyKey(input.dependency)
  if (input.found === undefined) return `dependency '${name}' not found`
  const status = isRecord(input.found['status']) ? input.found['status'] : {}
  const conditions = readConditions(status)
  const current = status['observedGeneration'] === input.found.metadata.generation
  if (!current || !isTrue(conditions, 'Ready')) return `dependency '${name}' is not ready`
  const sameSource =
    input.foundSource !== undefined &&
    input.foundSource.kind === input.ownSource.kind &&
    input.foundSource.namespace === input.ownSource.namespace &&
    input.foundSource.name === input.ownSource.name
  if (sameSource && status['lastAppliedRevision'] !== input.artifactRevision) {
    return `dependency '${name}' revision is not up to date`
  }
  return undefined
}
