import { plainScalar, printTree, toValue, type MapNode, type YamlNode } from '@kedge/yaml'
import type { Origin } from '@kedge/base'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import { formatGvk, formatId, isSelected, effectiveNamespace, type ResId } from '../model/identity.ts'
import type {
  FieldOptions,
  Replacement,
  ReplacementSource,
  ReplacementTarget,
  Selector,
} from '../model/kustomization.ts'
import type { Resource } from '../model/resource.ts'
import { goJson } from '../nodes/go-json.ts'
import { editPath, type NodeKind } from '../nodes/match-path.ts'
import { isEmpty, stringOf, textOf } from '../nodes/node-access.ts'
import { lookupPath, smartSplit } from '../nodes/lookup.ts'
import { parseScalarText } from '../nodes/scalar-text.ts'
import { compileSelector } from '../select/selector.ts'
import type { Transformer } from './transformer.ts'

const DEFAULT_PATH = 'metadata.name'

/** Copies values from one object to others, replacement after replacement. */
export function replacementTransformer(replacements: readonly Replacement[], origin?: Origin): Transformer {
  return (resources) => {
    for (const replacement of replacements) {
      try {
        applyReplacement(resources.list, replacement)
      } catch (error) {
        throw wrapFailure(error, 'replacement', origin)
      }
    }
  }
}

function applyReplacement(resources: readonly Resource[], replacement: Replacement): void {
  const { source, sourceValue, targets } = replacement
  if ((sourceValue === undefined && source === undefined) || targets === undefined) {
    throw buildFailure('kustomize-invalid', 'replacements must specify a source and at least one target')
  }
  if (sourceValue !== undefined && source !== undefined) {
    throw buildFailure('kustomize-invalid', 'value and resource selectors are mutually exclusive')
  }
  const value = sourceValue === undefined ? readSource(resources, source ?? {}) : plainScalar(sourceValue)
  for (const target of targets) applyToTarget(resources, target, value)
}

function allIds(resource: Resource): readonly ResId[] {
  // As in kustomize, scopes do not count here.
  return [{ ...resource.id, clusterScoped: false }, ...resource.previousIds]
}

function describeSource(source: ReplacementSource): string {
  const { name, namespace, fieldPath = '' } = source
  const id = `${formatGvk(source)}/${name || '[noName]'}.${namespace || '[noNs]'}`
  return fieldPath === '' ? id : `${id}:${fieldPath}`
}

function readSource(resources: readonly Resource[], source: ReplacementSource): YamlNode {
  const matches = resources.filter((resource) => allIds(resource).some((id) => isSource(id, source)))
  const [resource, second] = matches
  const name = describeSource(source)
  if (second !== undefined) throw buildFailure('kustomize-transform', `multiple matches for selector ${name}`)
  if (resource === undefined) throw buildFailure('kustomize-transform', `nothing selected by ${name}`)
  const path = orDefault(source.fieldPath)
  const found = lookupPath(resource.node, smartSplit(path, '.'))
  if (isEmpty(found)) {
    throw buildFailure(
      'kustomize-transform',
      `fieldPath \`${path}\` is missing for replacement source ${formatId(resource.id)}`,
      { origin: resource.origin },
    )
  }
  return refine(found as YamlNode, source.options)
}

function orDefault(path: string | undefined): string {
  return path === undefined || path === '' ? DEFAULT_PATH : path
}

function isSource(id: ResId, source: ReplacementSource): boolean {
  const { name = '', namespace = '' } = source
  const sameNamespace = (): boolean =>
    effectiveNamespace({ namespace, clusterScoped: false }) === effectiveNamespace(id)
  return (name === '' || name === id.name) && (namespace === '' || sameNamespace()) && isSelected(id, source)
}

/** A part of the source value, cut out by a delimiter. */
function refine(node: YamlNode, options: FieldOptions | undefined): YamlNode {
  const delimiter = options?.delimiter ?? ''
  if (delimiter === '') return node
  if (node.kind !== 'scalar') {
    throw buildFailure('kustomize-transform', 'delimiter option can only be used with scalar nodes')
  }
  const parts = stringOf(node).split(delimiter)
  const index = options?.index ?? 0
  const part = parts[index]
  if (part === undefined) {
    throw buildFailure('kustomize-transform', `options.index ${index} is out of bounds for value ${node.value}`)
  }
  return { ...node, value: part }
}

function applyToTarget(resources: readonly Resource[], target: ReplacementTarget, value: YamlNode): void {
  if (target.select === undefined) {
    throw buildFailure('kustomize-invalid', 'target must specify resources to select')
  }
  const select = compileSelector(target.select)
  const rejects = (target.reject ?? []).map((selector) => ({ selector, compiled: compileSelector(selector) }))
  const paths = target.fieldPaths === undefined || target.fieldPaths.length === 0 ? [DEFAULT_PATH] : target.fieldPaths
  const fits = (id: ResId, compiled: typeof select): boolean =>
    compiled.matchesGvk(id) && compiled.matchesName(id.name) && compiled.matchesNamespace(id.namespace)
  for (const resource of resources) {
    const ids = allIds(resource)
    if (!select.matchesLabels(resource) || !select.matchesAnnotations(resource)) continue
    const isRejected = rejects.some(
      ({ selector, compiled }) =>
        (hasMarks(selector) && compiled.matchesLabels(resource) && compiled.matchesAnnotations(resource)) ||
        (hasIdentity(selector) && ids.some((id) => fits(id, compiled))),
    )
    if (isRejected || !ids.some((id) => fits(id, select))) continue
    for (const path of paths) resource.node = copyValue(resource, path, { value, options: target.options })
  }
}

function hasMarks(selector: Selector): boolean {
  return (selector.labelSelector ?? '') !== '' || (selector.annotationSelector ?? '') !== ''
}

function hasIdentity(selector: Selector): boolean {
  const { group = '', version = '', kind = '', name = '', namespace = '' } = selector
  return group + version + kind + name + namespace !== ''
}

interface Copy {
  readonly value: YamlNode
  readonly options: FieldOptions | undefined
}

function copyValue(resource: Resource, path: string, { value, options }: Copy): MapNode {
  const create = options?.create === true ? kindOf(value) : undefined
  const parts = smartSplit(path, '.')
  const inText = setInsideText(resource.node, parts, { value, create })
  if (inText !== undefined) return inText
  const words = `unable to find ${create === undefined ? '' : 'or create '}field "${path}" in replacement target`
  let result
  try {
    result = editPath(resource.node, parts, { create, edit: (node) => setValue(node, value, options) })
  } catch (error) {
    throw wrapFailure(error, words, resource.origin)
  }
  if (result.count === 0) throw buildFailure('kustomize-transform', words, { origin: resource.origin })
  return result.node as MapNode
}

function kindOf(node: YamlNode): NodeKind {
  return node.kind === 'alias' ? 'scalar' : node.kind
}

function setValue(target: YamlNode, value: YamlNode, options: FieldOptions | undefined): YamlNode {
  const delimiter = options?.delimiter ?? ''
  let text = textOf(value)
  if (delimiter !== '') {
    if (target.kind !== 'scalar') {
      throw buildFailure('kustomize-transform', 'delimiter option can only be used with scalar nodes')
    }
    text = spliceText(target.value, { delimiter, index: options?.index ?? 0, text: stringOf(value) })
  }
  if (target.kind === 'scalar') return target.value === text ? target : { ...target, value: text }
  return value.kind === 'scalar' ? { ...value, value: text } : value
}

/** Puts a text in the place of one part; an index outside adds it in front or at the end. */
function spliceText(target: string, part: { delimiter: string; index: number; text: string }): string {
  const parts = target.split(part.delimiter)
  if (part.index < 0) parts.unshift(part.text)
  else if (part.index >= parts.length) parts.push(part.text)
  else parts[part.index] = part.text
  return parts.join(part.delimiter)
}

/** Where a path goes on inside the text of a scalar: sets the value there and writes the text anew. */
function setInsideText(
  node: MapNode,
  parts: readonly string[],
  change: { value: YamlNode; create: NodeKind | undefined },
): MapNode | undefined {
  if (parts.length < 2) return undefined
  const depth = findScalar(node, parts)
  if (depth === undefined) return undefined
  const edit = (scalar: YamlNode): YamlNode => {
    const text = textOf(scalar)
    return {
      ...(scalar as Extract<YamlNode, { kind: 'scalar' }>),
      value: rewriteText(text, parts.slice(depth), change),
    }
  }
  try {
    return editLookup(node, parts.slice(0, depth), edit) as MapNode
  } catch {
    // What cannot be set inside a text is tried as a path of the object itself.
    return undefined
  }
}

/** How many parts lead to a scalar whose text is YAML. */
function findScalar(node: MapNode, parts: readonly string[]): number | undefined {
  for (let depth = 1; depth < parts.length; depth++) {
    const found = tryLookup(node, parts.slice(0, depth))
    if (found?.kind === 'scalar') return parseScalarText(found.value) === undefined ? undefined : depth
  }
  return undefined
}

function tryLookup(node: MapNode, parts: readonly string[]): YamlNode | undefined {
  try {
    return lookupPath(node, parts)
  } catch {
    return undefined
  }
}

/** Edits the one place where a path without patterns ends. */
function editLookup(node: YamlNode, parts: readonly string[], edit: (node: YamlNode) => YamlNode): YamlNode {
  const wanted = lookupPath(node, parts)
  return replaceNode(node, { wanted, edit })
}

function replaceNode(
  node: YamlNode,
  change: { wanted: YamlNode | undefined; edit: (node: YamlNode) => YamlNode },
): YamlNode {
  if (node === change.wanted) return change.edit(node)
  if (node.kind === 'map') {
    return { ...node, entries: node.entries.map(({ key, value }) => ({ key, value: replaceNode(value, change) })) }
  }
  return node.kind === 'seq' ? { ...node, items: node.items.map((item) => replaceNode(item, change)) } : node
}

function rewriteText(
  text: string,
  path: readonly string[],
  { value, create }: { value: YamlNode; create: NodeKind | undefined },
): string {
  const root = parseScalarText(text)
  if (root === undefined) throw buildFailure('kustomize-transform', 'no structured data')
  const result = editPath(root, path, {
    create,
    edit: (target) => (target.kind === 'scalar' ? { ...target, value: textOf(value) } : value),
  })
  if (result.count === 0) throw buildFailure('kustomize-transform', 'unable to find field in structured data')
  const first = text.trim()[0]
  if (first !== '{' && first !== '[') return printTree(result.node).trim()
  const printed = parseScalarText(printTree(result.node))
  if (printed === undefined) throw buildFailure('kustomize-transform', 'the text is no longer YAML')
  return goJson(toValue(printed, 'v3'), text.includes('\n') && text.includes('  ') ? '  ' : '')
}
