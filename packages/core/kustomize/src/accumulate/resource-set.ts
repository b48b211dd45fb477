import { buildFailure } from '../build-failure.ts'
import { formatId, idKey, sameId, type ResId } from '../model/identity.ts'
import type { Resource, Trail } from '../model/resource.ts'
import { stringEntries } from '../model/resource.ts'
import { fieldOf, putField, removeField, stringMapNode } from '../nodes/node-access.ts'
import { ORIGIN_ANNOTATION } from './origin-annotation.ts'

/** The objects of a build in order; no two have the same identity. */
export class ResourceSet {
  list: Resource[] = []

  append(resource: Resource): void {
    this.appendAll([resource])
  }

  /** Adds resources; one whose identity is there already is a conflict. */
  appendAll(resources: readonly Resource[]): void {
    if (resources.length === 0) return
    const known = new Set(this.list.map((resource) => idKey(resource.id)))
    for (const resource of resources) {
      const key = idKey(resource.id)
      if (known.has(key)) throw conflict(resource)
      known.add(key)
      this.list.push(resource)
    }
  }

  /** Adds generated resources, which may merge into or replace others of the same name. */
  absorb(resources: readonly Resource[]): void {
    for (const resource of resources) this.#absorbOne(resource)
  }

  #absorbOne(resource: Resource): void {
    const { id } = resource
    const matches = this.byAnyId((other) => sameId(other, id))
    const [old, second] = matches
    if (second !== undefined) {
      throw buildFailure('kustomize-conflict', `found multiple objects that could accept merge of ${formatId(id)}`)
    }
    const behavior = resource.trail.behavior ?? 'unspecified'
    if (old === undefined) {
      if (behavior === 'merge' || behavior === 'replace') {
        throw buildFailure('kustomize-conflict', `id ${formatId(id)} does not exist; cannot merge or replace`)
      }
      return this.append(resource)
    }
    if (behavior !== 'merge' && behavior !== 'replace') {
      throw buildFailure(
        'kustomize-conflict',
        `id ${formatId(id)} exists; can not use behavior: '${behavior}', behavior must be merge or replace`,
      )
    }
    const origin = old.annotations[ORIGIN_ANNOTATION]
    inheritMetadata(resource, old)
    if (behavior === 'merge') {
      inheritData(resource, old, 'data')
      inheritData(resource, old, 'binaryData')
      if (origin !== undefined) resource.setAnnotation(ORIGIN_ANNOTATION, origin)
    }
    this.list[this.list.indexOf(old)] = resource
  }

  /** Those of which the present or any former identity passes. */
  byAnyId(test: (id: ResId) => boolean): readonly Resource[] {
    return this.list.filter((resource) => test(resource.id) || resource.previousIds.some(test))
  }

  /** The one resource that has or had an identity. */
  theOne(id: ResId): Resource {
    const [first, second] = this.byAnyId((other) => sameId(other, id))
    if (first === undefined || second !== undefined) {
      const what = first === undefined ? 'no matches' : 'multiple matches'
      throw buildFailure(
        'kustomize-patch',
        `${what} for Id ${formatId(id)}; failed to find unique target for patch ${formatId(id)}`,
      )
    }
    return first
  }
}

function conflict(resource: Resource): Error {
  return buildFailure(
    'kustomize-conflict',
    `may not add resource with an already registered id: ${formatId(resource.id)}`,
    { origin: resource.origin, fix: 'rename it, or remove one of the two' },
  )
}

/** Labels and annotations of both, name and history of the old one. */
export function inheritMetadata(resource: Resource, old: Resource): void {
  resource.setLabels({ ...old.labels, ...resource.labels })
  resource.setAnnotations({ ...old.annotations, ...resource.annotations })
  const trail: Trail = { ...old.trail, needsHash: old.trail.needsHash && resource.trail.needsHash }
  const { name, namespace } = old
  resource.setName(name)
  resource.setNamespace(namespace)
  resource.trail = trail
  resource.varNames = old.varNames
}

function inheritData(resource: Resource, old: Resource, field: 'data' | 'binaryData'): void {
  const values = { ...stringEntries(fieldOf(old.node, field)), ...stringEntries(fieldOf(resource.node, field)) }
  const rest = removeField(resource.node, field)
  resource.node = Object.keys(values).length === 0 ? rest : putField(rest, field, stringMapNode(values))
}
