import type { YamlNode } from '@kedge/yaml'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { FieldSpec, NameReference } from '../config/transformer-config.ts'
import { effectiveNamespace, formatId, isSelected, type Gvk } from '../model/identity.ts'
import type { Resource } from '../model/resource.ts'
import { editField, scalarSetter } from '../nodes/field-spec.ts'
import { fieldOf, isNull, setField, stringOf, textOf } from '../nodes/node-access.ts'
import { plainScalar } from '@kedge/yaml'
import type { Transformer } from './transformer.ts'

/** Rewrites the fields that hold names of other objects, after those were renamed. */
export function nameReferenceTransformer(references: readonly NameReference[]): Transformer {
  return (resources) => {
    const byName = indexByFormerName(resources.list)
    for (const resource of resources.list) {
      const specs = specsFor(resource, references)
      if (specs.length === 0) continue
      refuseNullKind(resource)
      const reachable = reachableFrom(resource)
      updateReferences(resource, specs, { byName, reachable, all: resources.list })
    }
  }
}

/** A patch may leave a kind of null, which kustomize reads in two ways and so refuses. */
function refuseNullKind(resource: Resource): void {
  const kind = fieldOf(resource.node, 'kind')
  if (kind === undefined || !isNull(kind)) return
  throw buildFailure('kustomize-transform', "node-referrerOriginal 'Kind' mismatch: the kind is null", {
    origin: resource.origin,
  })
}

type NameIndex = ReadonlyMap<string, readonly Resource[]>

/** Objects by every name that they have had; only those can be referred to by it. */
function indexByFormerName(resources: readonly Resource[]): NameIndex {
  const index = new Map<string, Resource[]>()
  for (const resource of resources) {
    for (const name of new Set(resource.trail.previous.map((previous) => previous.name))) {
      const list = index.get(name)
      if (list === undefined) index.set(name, [resource])
      else list.push(resource)
    }
  }
  return index
}

interface ReferenceSpec {
  readonly spec: FieldSpec
  readonly target: Partial<Gvk>
}

/** Which specs concern a kind; the same for all objects of it in all builds with the same configuration. */
const specsByKind = new WeakMap<readonly NameReference[], Map<string, readonly ReferenceSpec[]>>()

function specsFor(resource: Resource, references: readonly NameReference[]): readonly ReferenceSpec[] {
  const id = resource.originalId
  const key = `${id.group}/${id.version}/${id.kind}`
  const byKind = specsByKind.get(references) ?? new Map<string, readonly ReferenceSpec[]>()
  specsByKind.set(references, byKind)
  const known = byKind.get(key)
  if (known !== undefined) return known
  const result: ReferenceSpec[] = []
  for (const reference of references) {
    for (const spec of reference.fieldSpecs) if (isSelected(id, spec)) result.push({ spec, target: reference })
  }
  if (byKind.size < MAX_KINDS) byKind.set(key, result)
  return result
}

const MAX_KINDS = 1000

interface Candidates {
  readonly all: readonly Resource[]
  readonly byName: NameIndex
  readonly reachable: (candidate: Resource) => boolean
}

function updateReferences(referrer: Resource, specs: readonly ReferenceSpec[], candidates: Candidates): void {
  for (const { spec, target } of specs) {
    const { path, create = false } = spec
    const lookup = new Lookup({ referrer, target, path, ...candidates })
    try {
      // The kind was compared by the original name; by now it may be another one.
      referrer.node = editField(referrer.node, { path, create }, { set: (node) => lookup.update(node) })
    } catch (error) {
      throw wrapFailure(
        error,
        `updating name reference in '${path}' field of '${formatId(referrer.id)}'`,
        referrer.origin,
      )
    }
  }
}

/** Which objects one may refer to: those of its namespace, cluster-scoped ones, accounts that a binding names. */
function reachableFrom(referrer: Resource): (candidate: Resource) => boolean {
  const { id } = referrer
  if (id.clusterScoped) return () => true
  const namespace = effectiveNamespace(id)
  const bound = subjectNamespaces(referrer)
  return (candidate) => {
    const other = candidate.id
    return other.clusterScoped || effectiveNamespace(other) === namespace || bound.has(candidate.namespace)
  }
}

function subjectNamespaces(referrer: Resource): ReadonlySet<string> {
  const namespaces = new Set<string>()
  const subjects = referrer.kind === 'RoleBinding' ? fieldOf(referrer.node, 'subjects') : undefined
  if (subjects?.kind !== 'seq') return namespaces
  for (const subject of subjects.items) {
    const namespace = fieldOf(subject, 'namespace')
    if (namespace === undefined || textOf(fieldOf(subject, 'kind')) !== 'ServiceAccount') continue
    if (isNull(namespace) || namespace.kind !== 'scalar') {
      throw buildFailure(
        'kustomize-transform',
        `Invalid Input: namespace is blank for resource "${formatId(referrer.id)}"`,
        {
          origin: referrer.origin,
        },
      )
    }
    namespaces.add(namespace.value)
  }
  return namespaces
}

interface LookupOptions {
  readonly all: readonly Resource[]
  readonly referrer: Resource
  readonly target: Partial<Gvk>
  readonly path: string
  readonly byName: NameIndex
  readonly reachable: (candidate: Resource) => boolean
}

/** Finds what the names of one field of one object refer to. */
class Lookup {
  readonly #options: LookupOptions

  constructor(options: LookupOptions) {
    this.#options = options
  }

  update(node: YamlNode): YamlNode {
    if (isNull(node)) return node
    if (node.kind === 'scalar') return this.#updateScalar(node)
    if (node.kind === 'map') return this.#updateMap(node)
    if (node.kind !== 'seq') return node
    const items = node.items.map((item) => this.#updateItem(item))
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }

  #updateItem(node: YamlNode): YamlNode {
    if (isNull(node)) return node
    if (node.kind === 'scalar') return this.#updateScalar(node)
    if (node.kind === 'map') return this.#updateMap(node)
    throw buildFailure('kustomize-transform', 'a list is expected to hold strings or maps of strings')
  }

  #updateScalar(node: YamlNode): YamlNode {
    const referral = this.#select(textOf(node), undefined, sameName)
    if (referral === undefined || referral.name === textOf(node) || referral.name === '') return node
    return scalarSetter(referral.name, '')(node)
  }

  #updateMap(node: YamlNode): YamlNode {
    if (node.kind !== 'map') return node
    const nameNode = fieldOf(node, 'name')
    if (nameNode === undefined) {
      throw buildFailure('kustomize-transform', "path config error; no 'name' field in node")
    }
    const name = textOf(nameNode)
    const namespace = fieldOf(node, 'namespace')
    const referral = this.#select(name, namespace === undefined ? undefined : textOf(namespace), sameNameAndNamespace)
    if (referral === undefined) return node
    if (referral.name === name && referral.namespace === '') return node
    const named = setField(node, 'name', referral.name === '' ? undefined : plainScalar(referral.name))
    return referral.namespace === '' ? named : setField(named, 'namespace', plainScalar(referral.namespace))
  }

  #select(
    name: string,
    namespace: string | undefined,
    identical: (a: Resource, b: Resource) => boolean,
  ): Resource | undefined {
    const { byName, reachable, referrer } = this.#options
    const known = byName.get(name)
    if (known === undefined) return undefined
    const inReach = this.#inNamespace(known.filter(reachable), namespace)
    const fitting = inReach.filter((candidate) => this.#fits(candidate))
    if (fitting.length === 1) return fitting[0]
    let rest = fitting.filter((candidate) => affixesAgree(candidate, referrer, true))
    if (rest.length > 1) rest = rest.filter((candidate) => affixesAgree(candidate, referrer, false))
    const [first] = rest
    if (first === undefined || rest.every((candidate) => identical(first, candidate))) return first
    throw buildFailure(
      'kustomize-conflict',
      `found multiple possible referrals: ${rest.map(({ id }) => formatId(id)).join(', ')}`,
    )
  }

  /** Those whose original namespace is this one; if no object at all comes from there, those that are in it now. */
  #inNamespace(candidates: readonly Resource[], namespace: string | undefined): readonly Resource[] {
    if (namespace === undefined) return candidates
    const { all, reachable } = this.#options
    const isOriginal = all.some((one) => namespaceKey(one.originalId) === namespace && reachable(one))
    return candidates.filter((one) => namespaceKey(isOriginal ? one.originalId : one.id) === namespace)
  }

  #fits(candidate: Resource): boolean {
    const { target, path, referrer } = this.#options
    const former = candidate.previousIds
    if (!former.some((id) => isSelected(id, target))) return false
    if (path.endsWith('roleRef/name')) {
      const wanted = roleRefKind(referrer)
      if (wanted !== undefined && !former.some((id) => isSelected(id, wanted))) return false
    }
    const { id } = candidate
    return (
      referrer.id.clusterScoped ||
      id.clusterScoped ||
      candidate.kind === 'ServiceAccount' ||
      effectiveNamespace(id) === effectiveNamespace(referrer.id)
    )
  }
}

function sameName(a: Resource, b: Resource): boolean {
  return a.name === b.name
}

function sameNameAndNamespace(a: Resource, b: Resource): boolean {
  return a.name === b.name && a.namespace === b.namespace
}

function namespaceKey(id: Parameters<typeof effectiveNamespace>[0]): string | undefined {
  const namespace = effectiveNamespace(id)
  return namespace === '_non_namespaceable_' ? undefined : namespace
}

function roleRefKind(referrer: Resource): Partial<Gvk> | undefined {
  const roleRef = fieldOf(referrer.node, 'roleRef')
  const apiGroup = fieldOf(roleRef, 'apiGroup')
  const kind = fieldOf(roleRef, 'kind')
  return apiGroup === undefined || kind === undefined ? undefined : { group: stringOf(apiGroup), kind: stringOf(kind) }
}

/** Whether two objects were given the same prefixes and suffixes by the innermost kustomizations they share. */
function affixesAgree(a: Resource, b: Resource, allowEmpty: boolean): boolean {
  return (
    sameEnding(a.trail.prefixes, b.trail.prefixes, allowEmpty) &&
    sameEnding(a.trail.suffixes, b.trail.suffixes, allowEmpty)
  )
}

function sameEnding(a: readonly string[], b: readonly string[], allowEmpty: boolean): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length === 0) return allowEmpty || long.length === 0
  const offset = long.length - short.length
  return short.every((text, index) => long[index + offset] === text)
}
