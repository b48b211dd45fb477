import { readKustomization, topologicalOrder, type KustomizationSpec } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

/** Who refers to what among the Kustomizations, kept as they come and go. Keys are `namespace/name`. */
export interface References {
  set(object: KubeObject): void
  delete(key: string): void
  spec(key: string): KustomizationSpec | undefined
  dependenciesOf(key: string): readonly string[]
  /** Kustomizations that depend on one. */
  dependentsOf(key: string): readonly string[]
  /** Kustomizations that take their objects from a source, each after those it depends on. */
  usersOfSource(kind: string, key: string): readonly string[]
  /** Kustomizations that name a ConfigMap or Secret. */
  usersOfConfig(kind: string, key: string): readonly string[]
}

interface Entry {
  readonly spec: KustomizationSpec
  readonly dependsOn: readonly string[]
  readonly uses: readonly string[]
}

export function createReferences(): References {
  const entries = new Map<string, Entry>()
  const dependents = new Map<string, Set<string>>()
  const users = new Map<string, Set<string>>()

  function remove(key: string): void {
    const old = entries.get(key)
    for (const dependency of old?.dependsOn ?? []) take(dependents, dependency, key)
    for (const use of old?.uses ?? []) take(users, use, key)
    entries.delete(key)
  }

  return {
    set(object) {
      const { namespace = '', name = '' } = object.metadata
      const key = `${namespace}/${name}`
      remove(key)
      const parsed = readKustomization(object)
      if (!parsed.ok) return
      const spec = parsed.value
      const dependsOn = spec.dependsOn.map((one) => `${one.namespace}/${one.name}`)
      const uses = usesOf(spec, namespace)
      entries.set(key, { spec, dependsOn, uses })
      for (const dependency of dependsOn) put(dependents, dependency, key)
      for (const use of uses) put(users, use, key)
    },
    delete: remove,
    spec: (key) => entries.get(key)?.spec,
    dependenciesOf: (key) => entries.get(key)?.dependsOn ?? [],
    dependentsOf: (key) => [...(dependents.get(key) ?? [])],
    usersOfSource(kind, key) {
      const found = [...(users.get(`${kind} ${key}`) ?? [])]
      return topologicalOrder(found.map((user) => ({ key: user, dependsOn: entries.get(user)?.dependsOn ?? [] })))
    },
    usersOfConfig: (kind, key) => [...(users.get(`${kind} ${key}`) ?? [])],
  }
}

function usesOf(spec: KustomizationSpec, namespace: string): readonly string[] {
  const { sourceRef, postBuild, kubeConfig } = spec
  const source = `${sourceRef.kind} ${sourceRef.namespace}/${sourceRef.name}`
  const configs = (postBuild?.substituteFrom ?? []).map(({ kind, name }) => `${kind} ${namespace}/${name}`)
  const remote = kubeConfig === undefined ? [] : [`${kubeConfig.kind} ${namespace}/${kubeConfig.name}`]
  return [source, ...configs, ...remote]
}

function put(map: Map<string, Set<string>>, key: string, member: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(member))
}

function take(map: Map<string, Set<string>>, key: string, member: string): void {
  const members = map.get(key)
  members?.delete(member)
  if (members?.size === 0) map.delete(key)
}
