import type { Origin } from '@kedge/base'
import { plainScalar, type ScalarNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import type { VarSpec } from '../model/kustomization.ts'
import { isSelected, sameGvkName, sameId, splitApiVersion, type ResId } from '../model/identity.ts'
import type { Resource } from '../model/resource.ts'
import type { ResourceSet } from '../accumulate/resource-set.ts'
import { editField } from '../nodes/field-spec.ts'
import { isNull, isStringLike } from '../nodes/node-access.ts'
import { lookupPath, smartSplit } from '../nodes/lookup.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** A var with its defaults filled in. */
export interface Var {
  readonly name: string
  readonly target: Omit<ResId, 'clusterScoped'>
  readonly fieldPath: string
  /** Where it is declared. */
  readonly origin: Origin
}

/** A var as it is declared at a place. */
export function varOf(spec: VarSpec, origin: Origin): Var {
  const object = spec.objref ?? {}
  const versioned =
    object.apiVersion === undefined || object.apiVersion === ''
      ? { group: object.group ?? '', version: object.version ?? '' }
      : splitApiVersion(object.apiVersion)
  const fieldPath = spec.fieldref?.fieldPath ?? ''
  return {
    name: spec.name ?? '',
    target: {
      ...versioned,
      kind: object.kind ?? '',
      name: object.name ?? '',
      namespace: object.namespace ?? '',
    },
    fieldPath: fieldPath === '' ? 'metadata.name' : fieldPath,
    origin,
  }
}

/** Adds vars to others; a name must not come twice. */
export function mergeVars(vars: readonly Var[], added: readonly Var[]): readonly Var[] {
  const result = [...vars]
  for (const one of added) {
    if (result.some((other) => other.name === one.name)) {
      throw buildFailure('kustomize-conflict', `var '${one.name}' already encountered`, { origin: one.origin })
    }
    result.push(one)
  }
  return result
}

/** Notes on each object which vars refer to it. */
export function noteVars(resources: ResourceSet, vars: readonly Var[]): void {
  for (const one of vars) {
    const target: ResId = { ...one.target, clusterScoped: false }
    const matched = resources.byAnyId((id) => (target.namespace === '' ? sameGvkName(target, id) : sameId(target, id)))
    if (matched.length > 1) {
      throw buildFailure(
        'kustomize-conflict',
        `found ${matched.length} resId matches for var ${one.name} (unable to disambiguate)`,
        { origin: one.origin },
      )
    }
    const [resource] = matched
    if (resource !== undefined) resource.varNames = [...resource.varNames, one.name]
  }
}

type VarValue = string | number | bigint | boolean

/** Replaces `$(NAME)` in the listed fields. Answers the names of vars that were used nowhere. */
export function resolveVars(
  resources: ResourceSet,
  vars: readonly Var[],
  specs: readonly FieldSpec[],
): readonly string[] {
  if (vars.length === 0) return []
  const values = new Map<string, unknown>()
  for (const one of vars.toSorted((a, b) => (a.name < b.name ? -1 : 1))) values.set(one.name, valueOf(one, resources))
  const used = new Set<string>()
  const expand = (text: string): VarValue => expandText(text, { values, used })
  for (const resource of resources.list) {
    const { id } = resource
    for (const spec of specs) {
      if (isSelected(id, spec))
        resource.change((before) => editField(before, spec, { set: (node) => replaceIn(node, expand) }))
    }
  }
  return vars.map((one) => one.name).filter((name) => !used.has(name))
}

function valueOf(one: Var, resources: ResourceSet): unknown {
  const resource = resources.list.find((candidate) => candidate.varNames.includes(one.name))
  if (resource === undefined) {
    throw buildFailure(
      'kustomize-invalid',
      `var '${one.name}' cannot be mapped to a field in the set of known resources`,
      { origin: one.origin },
    )
  }
  const found = readField(resource, one.fieldPath)
  if (found !== undefined) return found
  throw buildFailure(
    'kustomize-invalid',
    `field specified in var '${one.name}' not found in corresponding resource: ${one.fieldPath}`,
    { origin: resource.origin },
  )
}

function readField(resource: Resource, path: string): unknown {
  const parts = smartSplit(path, '.').flatMap(splitIndex)
  const node = lookupPath(resource.node, parts)
  if (node === undefined) return undefined
  if (node.kind !== 'scalar') return jsonValue(node)
  const isTyped = node.tag === '!!int' || node.tag === '!!float' || node.tag === '!!bool'
  // Its type counts, even where the text stands in quotes.
  return isTyped ? jsonValue(plainScalar(node.value, node.tag)) : node.value
}

/** `ports[0]` is a field and an index. */
function splitIndex(part: string): readonly string[] {
  const match = /^(.*)\[(\d+)\]$/.exec(part)
  if (match === null) return [part]
  const [, name = '', index = ''] = match
  return name === '' ? [index] : [name, index]
}

function replaceIn(node: YamlNode, expand: (text: string) => VarValue): YamlNode {
  if (isNull(node)) return node
  if (node.kind === 'scalar') return isStringLike(node) ? withValue(node, expand(node.value)) : node
  if (node.kind === 'map') {
    const entries = node.entries.map((entry) => {
      if (!isStringLike(entry.key)) throw buildFailure('kustomize-transform', 'invalid map key: it is no string')
      const { value } = entry
      return value.kind === 'scalar' && isStringLike(value)
        ? { key: entry.key, value: withValue(value, expand(value.value)) }
        : entry
    })
    return { ...node, entries }
  }
  if (node.kind !== 'seq') return node
  const items = node.items.map((item) => {
    if (item.kind !== 'scalar' || !isStringLike(item)) {
      throw buildFailure('kustomize-transform', 'invalid value type expect a string')
    }
    return withValue(item, expand(item.value))
  })
  return { ...node, items }
}

function withValue(node: ScalarNode, value: VarValue): ScalarNode {
  const tag = tagOf(value)
  if (value === node.value && node.tag === tag && node.style === 'plain') return node
  const text = typeof value === 'number' ? plainNumber(value) : String(value)
  const style = tag === '!!str' && text.includes('\n') ? 'literal' : 'plain'
  return { ...plainScalar(text, tag), style, line: node.line }
}

function tagOf(value: VarValue): string {
  if (typeof value === 'boolean') return '!!bool'
  if (typeof value === 'string') return '!!str'
  return typeof value === 'bigint' || Number.isInteger(value) ? '!!int' : '!!float'
}

/** A number without an exponent. */
function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text
}

interface Expansion {
  readonly values: ReadonlyMap<string, unknown>
  readonly used: Set<string>
}

/** Expands `$(NAME)`; `$$` stands for `$`. A text that is one reference takes the type of the value. */
function expandText(text: string, context: Expansion): VarValue {
  let result = ''
  let at = 0
  for (let cursor = text.indexOf('$'); cursor >= 0 && cursor + 1 < text.length; cursor = text.indexOf('$', at)) {
    result += text.slice(at, cursor)
    const next = text[cursor + 1] ?? ''
    const end = next === '(' ? text.indexOf(')', cursor) : -1
    if (end >= 0) {
      const name = text.slice(cursor + 2, end)
      const value = valueFor(name, context)
      if (text === `$(${name})`) return value
      result += String(value)
      at = end + 1
    } else {
      result += next === '$' ? '$' : `$${next}`
      at = cursor + 2
    }
  }
  return result + text.slice(at)
}

function valueFor(name: string, { values, used }: Expansion): VarValue {
  const value = values.get(name)
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
  ) {
    used.add(name)
    return value
  }
  return `$(${name})`
}
