import { FailureError, type Origin } from '@kedge/base'
import { mapNode, plainScalar, stringScalar, type MapNode, type YamlNode } from '@kedge/yaml'
import {
  fieldAt,
  fieldOf,
  isEmpty,
  putField,
  removeField,
  setField,
  stringMapNode,
  stringOf,
  textOf,
} from '../nodes/node-access.ts'
import { cellOf, reconcile, type SharedCell } from '../nodes/shared-cells.ts'
import { effectiveNamespace, joinApiVersion, splitApiVersion, type ResId } from './identity.ts'
import { buildFailure } from '../build-failure.ts'
import type { Scopes } from './scopes.ts'

export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge'

/** A name that an object had before a transformer changed it. */
export interface PreviousName {
  readonly name: string
  readonly namespace: string
  readonly kind: string
}

/** What a build knows about an object beside its fields; kustomize keeps it in annotations of its own. */
export interface Trail {
  readonly previous: readonly PreviousName[]
  readonly prefixes: readonly string[]
  readonly suffixes: readonly string[]
  readonly behavior: Behavior | undefined
  readonly needsHash: boolean
  readonly nameChangeAllowed: boolean
  readonly kindChangeAllowed: boolean
  readonly fromHelm: boolean
}

export const NO_TRAIL: Trail = {
  previous: [],
  prefixes: [],
  suffixes: [],
  behavior: undefined,
  needsHash: false,
  nameChangeAllowed: false,
  kindChangeAllowed: false,
  fromHelm: false,
}

/** An object on its way through a build. The node is replaced, never changed. */
export class Resource {
  #node: MapNode
  #cells: readonly SharedCell[] = []
  trail: Trail
  /** Names of vars that refer to this object. */
  varNames: readonly string[]
  /** The file and line that the object was read from. */
  readonly origin: Origin | undefined
  readonly #scopes: Scopes
  #id: ResId | undefined
  #idNode: MapNode | undefined

  constructor(node: MapNode, options: { scopes: Scopes; origin?: Origin | undefined; trail?: Trail }) {
    this.#node = node
    this.trail = options.trail ?? NO_TRAIL
    this.varNames = []
    this.origin = options.origin
    this.#scopes = options.scopes
  }

  get node(): MapNode {
    return this.#node
  }

  /** Replaces the node; a failure on the way names the object and where it was read from. */
  change(make: (node: MapNode) => MapNode): void {
    try {
      this.node = make(this.#node)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      const { failure } = error
      const origin = failure.origin ?? this.origin
      const named = { ...failure, object: failure.object ?? describeResource(this) }
      throw new FailureError(origin === undefined ? named : { ...named, origin }, { cause: error })
    }
  }

  set node(next: MapNode) {
    if (this.#cells.length === 0 || next === this.#node) {
      this.#node = next
      return
    }
    const { node, cells } = reconcile(this.#node, next, this.#cells)
    this.#node = node
    this.#cells = cells
  }

  /** Notes that a value stands in several maps of the object as one. */
  share(cell: SharedCell): void {
    const found = cellOf(this.#node, cell)
    if (found !== undefined) this.#cells = [...this.#cells, found]
  }

  /** A copy that later changes do not reach. */
  copy(scopes: Scopes = this.#scopes): Resource {
    const copy = new Resource(this.node, { scopes, origin: this.origin, trail: this.trail })
    copy.varNames = this.varNames
    copy.#cells = this.#cells
    return copy
  }

  /** The same object with another place of origin. */
  placedAt(origin: Origin): Resource {
    const { line } = this.origin ?? {}
    const shifted =
      line === undefined || origin.line === undefined ? origin : { ...origin, line: origin.line + line - 1 }
    return new Resource(this.node, { scopes: this.#scopes, origin: shifted, trail: this.trail })
  }

  get scopes(): Scopes {
    return this.#scopes
  }

  get kind(): string {
    return textOf(fieldOf(this.node, 'kind'))
  }

  get apiVersion(): string {
    return textOf(fieldOf(this.node, 'apiVersion'))
  }

  get name(): string {
    return metaText(this.node, 'name')
  }

  get namespace(): string {
    return metaText(this.node, 'namespace')
  }

  /** The identity by the present fields. */
  get id(): ResId {
    if (this.#id !== undefined && this.#idNode === this.node) return this.#id
    const { group, version } = splitApiVersion(this.apiVersion)
    const kind = this.kind
    this.#id = {
      group,
      version,
      kind,
      name: this.name,
      namespace: this.namespace,
      clusterScoped: this.#scopes.isClusterScoped(joinApiVersion({ group, version }), kind),
    }
    this.#idNode = this.node
    return this.#id
  }

  /** Former identities, the first one first. */
  get previousIds(): readonly ResId[] {
    const { group, version } = this.id
    return this.trail.previous.map(({ name, namespace, kind }) => ({
      group,
      version,
      kind,
      name,
      namespace,
      clusterScoped: false,
    }))
  }

  get originalId(): ResId {
    return this.previousIds[0] ?? this.id
  }

  /** Notes the present name, so that references by it are found after a change. */
  rememberName(): void {
    const { name, kind } = this.id
    const previous = { name, kind, namespace: effectiveNamespace(this.id) }
    const commas = [name, kind, previous.namespace].map((text) => text.split(',').length)
    if (commas.some((count) => count !== commas[0])) {
      throw buildFailure('kustomize-resource', `the name '${name}' of a ${kind} contains a comma`, {
        origin: this.origin,
        fix: 'give it a valid name; in an encrypted file, leave metadata in clear',
      })
    }
    this.trail = { ...this.trail, previous: [...this.trail.previous, previous] }
  }

  setName(name: string): void {
    this.#setMeta('name', plainScalar(name))
  }

  setNamespace(namespace: string): void {
    if (namespace !== '') return this.#setMeta('namespace', plainScalar(namespace))
    const metadata = fieldOf(this.node, 'metadata')
    if (metadata?.kind === 'map') this.node = putField(this.node, 'metadata', removeField(metadata, 'namespace'))
  }

  setKind(kind: string): void {
    this.node = setField(this.node, 'kind', plainScalar(kind))
  }

  setApiVersion(apiVersion: string): void {
    this.node = setField(this.node, 'apiVersion', plainScalar(apiVersion))
  }

  #setMeta(field: string, value: YamlNode): void {
    const metadata = fieldOf(this.node, 'metadata')
    const map = metadata?.kind === 'map' ? metadata : mapNode([])
    this.node = putField(this.node, 'metadata', setField(map, field, value))
  }

  get labels(): Record<string, string> {
    return metaStrings(this.node, 'labels')
  }

  get annotations(): Record<string, string> {
    return metaStrings(this.node, 'annotations')
  }

  /** Replaces all labels; none removes the field. */
  setLabels(values: Readonly<Record<string, string>>): void {
    this.#setStrings('labels', values)
  }

  /** Replaces all annotations; none removes the field. */
  setAnnotations(values: Readonly<Record<string, string>>): void {
    this.#setStrings('annotations', values)
  }

  setAnnotation(name: string, value: string): void {
    const annotations = fieldAt(this.node, ['metadata', 'annotations'])
    const map = annotations?.kind === 'map' ? annotations : mapNode([])
    this.#setMeta('annotations', setField(map, name, stringScalar(value)))
  }

  #setStrings(field: string, values: Readonly<Record<string, string>>): void {
    const metadata = fieldOf(this.node, 'metadata')
    const rest = metadata?.kind === 'map' ? removeField(metadata, field) : mapNode([])
    const isNone = Object.keys(values).length === 0
    this.node = putField(this.node, 'metadata', isNone ? rest : putField(rest, field, stringMapNode(values)))
  }
}

function metaText(node: MapNode, field: string): string {
  const metadata = fieldOf(node, 'metadata')
  const value = isEmpty(metadata) ? undefined : fieldOf(metadata, field)
  return isEmpty(value) ? '' : textOf(value)
}

/** The texts of a map in the metadata, whatever their types. */
function metaStrings(node: MapNode, field: string): Record<string, string> {
  const map = fieldAt(node, ['metadata', field])
  const result: Record<string, string> = Object.create(null) as Record<string, string>
  if (map?.kind === 'map') for (const { key, value } of map.entries) result[textOf(key)] = textOf(value)
  return result
}

/** A scalar field of the metadata, for messages. */
export function describeResource(resource: Resource): string {
  const { namespace } = resource
  return namespace === '' ? `${resource.kind}/${resource.name}` : `${resource.kind}/${namespace}/${resource.name}`
}

/** The texts of a map node, nulls as empty strings. */
export function stringEntries(map: YamlNode | undefined): Record<string, string> {
  const result: Record<string, string> = Object.create(null) as Record<string, string>
  if (map?.kind === 'map') for (const { key, value } of map.entries) result[stringOf(key)] = stringOf(value)
  return result
}
