import { mapNode, plainScalar, type MapNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import { formatId, idKey, sameId } from '../model/identity.ts'
import type { Resource } from '../model/resource.ts'
import { editField, editFields, scalarSetter, wrongKind } from '../nodes/field-spec.ts'
import { fieldOf, isEmpty, isNull, putField, stringOf, textOf } from '../nodes/node-access.ts'
import type { Transformer } from './transformer.ts'

/** Which subjects of role bindings get the namespace. */
export type SubjectMode = 'defaultOnly' | 'allServiceAccounts' | 'none'

export interface NamespaceOptions {
  readonly namespace: string
  readonly fieldSpecs: readonly FieldSpec[]
  readonly unsetOnly?: boolean
  readonly subjects?: SubjectMode
}

/** Sets the namespace of all namespaced objects and of the fields that name it. */
export function namespaceTransformer(options: NamespaceOptions): Transformer {
  return (resources) => {
    if (options.namespace === '') return
    // How many objects have each identity now; kept up to date as they move.
    const counts = new Map<string, number>()
    for (const { id } of resources.list) counts.set(idKey(id), (counts.get(idKey(id)) ?? 0) + 1)
    for (const resource of resources.list) {
      if (resource.trail.fromHelm) continue
      const before = idKey(resource.id)
      resource.rememberName()
      resource.change(() => setNamespace(resource, options))
      const after = idKey(resource.id)
      if (after !== before) {
        counts.set(before, (counts.get(before) ?? 1) - 1)
        counts.set(after, (counts.get(after) ?? 0) + 1)
      }
      if ((counts.get(after) ?? 0) > 1) {
        const others = resources.list.filter(({ id }) => sameId(id, resource.id)).map(({ id }) => formatId(id))
        throw buildFailure(
          'kustomize-conflict',
          `namespace transformation produces ID conflict: ${others.join(', ')}`,
          {
            origin: resource.origin,
          },
        )
      }
    }
  }
}

/** The object with the namespace in all its places. */
export function setNamespace(resource: Resource, options: NamespaceOptions): MapNode {
  const { id } = resource
  const set = namespaceSetter(options)
  const edit = { set, create: { kind: 'scalar', tag: '' } } as const
  let { node } = resource
  if (!id.clusterScoped) node = editField(node, { path: 'metadata/namespace', create: true }, edit)
  const isBinding = id.kind === 'RoleBinding' || id.kind === 'ClusterRoleBinding'
  if (isBinding) node = setSubjects(node, options.subjects ?? 'defaultOnly', set)
  const isCore = textOf(fieldOf(node, 'apiVersion')) === 'v1'
  const specs = options.fieldSpecs.filter((spec) => applies(spec, { isCore, isBinding }))
  return editFields(node, specs, { set, create: { kind: 'scalar', tag: '!!str' } })
}

function applies(spec: FieldSpec, facts: { isCore: boolean; isBinding: boolean }): boolean {
  if (spec.path === 'metadata/namespace') return false
  if (spec.path === 'metadata/name' && !facts.isCore) return false
  const isSubjects =
    (spec.kind === 'RoleBinding' || spec.kind === 'ClusterRoleBinding') && spec.path === 'subjects/namespace'
  return !(facts.isBinding && isSubjects)
}

function namespaceSetter(options: NamespaceOptions): (node: YamlNode) => YamlNode {
  const set = scalarSetter(options.namespace, '!!str')
  if (options.unsetOnly !== true) return set
  return (node) => (!isEmpty(node) && stringOf(node) !== '' ? node : set(node))
}

function setSubjects(node: MapNode, mode: SubjectMode, set: (node: YamlNode) => YamlNode): MapNode {
  if (mode === 'none') return node
  const subjects = fieldOf(node, 'subjects')
  if (subjects === undefined || isNull(subjects)) return node
  if (subjects.kind !== 'seq') throw wrongKind('seq', subjects)
  const [field, wanted] = mode === 'defaultOnly' ? ['name', 'default'] : ['kind', 'ServiceAccount']
  const items = subjects.items.map((item) => (textOf(fieldOf(item, field)) === wanted ? setSubject(item, set) : item))
  return putField(node, 'subjects', { ...subjects, items })
}

function setSubject(subject: YamlNode, set: (node: YamlNode) => YamlNode): YamlNode {
  const map = subject.kind === 'map' ? subject : mapNode([])
  const namespace = fieldOf(map, 'namespace') ?? plainScalar('')
  return putField(map, 'namespace', set(namespace))
}
