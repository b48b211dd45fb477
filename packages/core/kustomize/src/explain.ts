import type { Origin } from '@kedge/base'
import type { FileTree } from '@kedge/tree'
import { printNode, type YamlNode } from '@kedge/yaml'
import type { Trace, TraceStep } from './accumulate/trace.ts'
import { buildFailure } from './build-failure.ts'
import { buildTraced, type BuildOptions } from './build.ts'
import { describeResource, type Resource } from './model/resource.ts'
import { smartSplit } from './nodes/lookup.ts'
import { editPath } from './nodes/match-path.ts'

/** One step that gave a field its value. */
export interface Setting {
  /** `resources` for the file that the object was read from, else the kind of the generator or transformer. */
  readonly by: string
  readonly origin: Origin
  /** The value afterwards as YAML; undefined when the step took the field away. */
  readonly value: string | undefined
}

/** How a field of one object came to its value, the last setting being the one that holds. */
export interface Explanation {
  readonly object: string
  readonly settings: readonly Setting[]
}

interface History {
  readonly node: YamlNode
  readonly found: readonly YamlNode[]
  readonly settings: readonly Setting[]
}

/**
 * Says for each object that has the field, or had it on the way, which file and line set it. The field is a path as in
 * `replacements`: `spec.template.spec.containers.[name=web].image`, `metadata.name`, `spec.ports.*.port`.
 */
export function explain(
  tree: FileTree,
  path: string,
  options: BuildOptions & { readonly field: string },
): readonly Explanation[] {
  const { field, ...rest } = options
  const parts = smartSplit(field, '.')
  const histories = new Map<Resource, History>()
  const trace: Trace = (step, list) => {
    for (const resource of list) {
      const before = histories.get(resource)
      if (before?.node !== resource.node) histories.set(resource, extend(before, { resource, parts, step }))
    }
  }
  const { resources } = buildTraced(tree, path, { ...rest, trace })
  const explained = resources.flatMap((resource) => {
    const { settings = [] } = histories.get(resource) ?? {}
    return settings.length === 0 ? [] : [{ object: describeResource(resource), settings }]
  })
  if (explained.length > 0) return explained
  throw buildFailure('kustomize-invalid', `no object has a field '${field}'`, {
    fix: 'write it as in replacements, such as spec.template.spec.containers.[name=web].image',
  })
}

interface Change {
  readonly resource: Resource
  readonly parts: readonly string[]
  readonly step: TraceStep
}

function extend(before: History | undefined, change: Change): History {
  const { node } = change.resource
  const found = valuesAt(node, change.parts)
  const earlier = before ?? { node, found: [], settings: [] }
  const value = textOf(found)
  if (value === textOf(earlier.found)) return { ...earlier, node, found }
  const origin = placeOf(firstNew(earlier.found, found), change)
  return { node, found, settings: [...earlier.settings, { by: change.step.by, origin, value }] }
}

function valuesAt(node: YamlNode, parts: readonly string[]): readonly YamlNode[] {
  const found: YamlNode[] = []
  const edit = (value: YamlNode): YamlNode => {
    found.push(value)
    return value
  }
  try {
    editPath(node, parts, { create: undefined, edit })
  } catch {
    // A path that does not fit the shape of this object leads to nothing in it.
    return []
  }
  return found
}

function textOf(found: readonly YamlNode[]): string | undefined {
  return found.length === 0 ? undefined : found.map((node) => printNode(node).trimEnd()).join('\n')
}

/** The first value that was not there before; a step may write down anew what it does not change. */
function firstNew(before: readonly YamlNode[], after: readonly YamlNode[]): YamlNode | undefined {
  const known = before.flatMap((node) => [...scalars(node)])
  const texts = new Set(known.map(textOfScalar))
  const now = after.flatMap((node) => [...scalars(node)])
  return (
    now.find((scalar) => !texts.has(textOfScalar(scalar))) ?? now.find((scalar) => !known.includes(scalar)) ?? after[0]
  )
}

function textOfScalar(node: YamlNode): string {
  return node.kind === 'scalar' ? node.value : ''
}

function* scalars(node: YamlNode): Generator<YamlNode> {
  if (node.kind === 'map') for (const { value } of node.entries) yield* scalars(value)
  else if (node.kind === 'seq') for (const item of node.items) yield* scalars(item)
  else yield node
}

/** The line in the file that holds the value, or else the place that asked for the step. */
function placeOf(value: YamlNode | undefined, { step, resource, parts }: Change): Origin {
  if (step.by === 'resources') {
    const { origin = step.origin } = resource
    return value === undefined || origin.line === undefined
      ? origin
      : { ...origin, line: origin.line + Math.max(value.line - resource.node.line, 0) }
  }
  return step.placeOf?.({ resource, parts, value }) ?? step.origin
}
