import type { Origin } from '@kedge/base'
import type { MapEntry, YamlNode } from '@kedge/yaml'
import { decodeUtf8 } from '../generate/pairs.ts'
import type { Loader } from '../load/loader.ts'
import type { Replacement } from '../model/kustomization.ts'
import { lookupPath, smartSplit } from '../nodes/lookup.ts'
import { entryOf, fieldOf, textOf } from '../nodes/node-access.ts'
import { parseScalarText } from '../nodes/scalar-text.ts'
import { readObjects, type ReadObject } from '../read/read-resources.ts'
import { lineBelow } from '../transform/json-patch.ts'
import type { TransformContext } from '../transform/transformer.ts'
import { readReplacements } from './read-replacements.ts'
import type { TracedChange } from './trace.ts'

/** Finds the line that changed a field; asked only after the step has run without a failure. */
export type PlaceOf = (change: TracedChange) => Origin | undefined

/** The first place that is known. */
export function firstOf(places: readonly PlaceOf[], change: TracedChange): Origin | undefined {
  for (const place of places) {
    const found = place(change)
    if (found !== undefined) return found
  }
  return undefined
}

/** The line of a patch, in a file or in the kustomization, where `inline` says that its text begins. */
export function patchPlace(
  { path = '', patch = '' }: { readonly path?: string | undefined; readonly patch?: string | undefined },
  { loader }: TransformContext,
  inline: Origin | undefined,
): PlaceOf {
  return (change) => {
    if (path === '') return inline === undefined ? undefined : lineOfPatch(patch.trimStart(), inline, change)
    const { bytes, name } = loader.load(path)
    return lineOfPatch(decodeUtf8(bytes) ?? '', { file: name, line: 1 }, change)
  }
}

/** The line of an entry of `patchesStrategicMerge`, which is a file or a patch itself. */
export function mergePlace(entry: string, context: TransformContext, inline: Origin | undefined): PlaceOf {
  return patchPlace(entry.includes('\n') ? { patch: entry } : { path: entry }, context, inline)
}

function lineOfPatch(text: string, start: Origin, change: TracedChange): Origin | undefined {
  const root = parseScalarText(text)
  if (root?.kind === 'seq') return lineBelow(start, lineOfOperation(root.items, change))
  const object = objectFor(change, objectsIn(text))
  return object === undefined ? undefined : lineBelow(start, lineInObject(object, change))
}

/** The value's own line where it stands in the last operation on the field, or else the line of that operation. */
function lineOfOperation(operations: readonly YamlNode[], { parts, value }: TracedChange): number {
  const index = operations.findLastIndex((operation) => {
    const pointer = textOf(fieldOf(operation, 'path')).split('/').slice(1)
    return overlaps(pointer.map(unescape), parts)
  })
  const from = operations[Math.max(index, 0)]?.line ?? 1
  const to = index < 0 ? 0 : (operations[index + 1]?.line ?? Number.POSITIVE_INFINITY)
  return value !== undefined && value.line >= from && value.line < to ? value.line : from
}

function unescape(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Whether one of two paths leads to or through the other; members of lists count as equal. */
function overlaps(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).every((part, index) => part === b[index] || (isMember(part) && isMember(b[index] ?? '')))
}

function isMember(part: string): boolean {
  return part === '*' || part === '-' || part.startsWith('[') || /^-?\d+$/.test(part)
}

function objectsIn(text: string): readonly ReadObject[] {
  try {
    return readObjects(text, undefined)
  } catch {
    return []
  }
}

/** The object of a patch for a target: the only one, or that of its kind and original name. */
function objectFor({ resource }: TracedChange, objects: readonly ReadObject[]): ReadObject | undefined {
  if (objects.length === 1) return objects[0]
  const { kind, name } = resource.originalId
  return objects.find(
    ({ node }) => textOf(fieldOf(node, 'kind')) === kind && textOf(lookupPath(node, ['metadata', 'name'])) === name,
  )
}

function lineInObject({ node, line }: ReadObject, { parts, value }: TracedChange): number {
  const at = value !== undefined && value.line > 0 ? value.line : deepestLine(node, parts)
  return line + Math.max(at - Math.max(node.line, 1), 0)
}

/** How far a patch follows a path: where it takes a field away, that is the line which does. */
function deepestLine(root: YamlNode, parts: readonly string[]): number {
  let at: YamlNode = root
  let line = root.line
  for (const part of parts) {
    if (at.kind !== 'map') break
    const entry: MapEntry | undefined = entryOf(at, part) ?? entryOf(at, '$patch')
    if (entry === undefined) break
    line = entry.key.line
    at = entry.value
  }
  return line
}

/** The entry of `replacements` that last wrote to a field. */
export function replacementPlace(
  entries: readonly Replacement[],
  loader: Loader,
  entryOrigin: (index: number) => Origin,
): PlaceOf {
  return (change) => {
    const all = entries.flatMap((entry, index) => {
      const { path = '' } = entry
      const origins = path === '' ? [entryOrigin(index)] : itemOrigins(path, loader)
      return readReplacements([entry], loader).map((replacement, at) => ({ replacement, origin: origins[at] }))
    })
    return all.findLast(({ replacement }) => writesTo(replacement, change))?.origin
  }
}

/** Where the replacements of a file stand, which holds one or a list of them. */
function itemOrigins(path: string, loader: Loader): readonly Origin[] {
  const { bytes, name } = loader.load(path)
  const root = parseScalarText(decodeUtf8(bytes) ?? '')
  const items = root?.kind === 'seq' ? root.items : root === undefined ? [] : [root]
  return items.map(({ line }) => ({ file: name, line }))
}

function writesTo({ targets = [] }: Replacement, { resource, parts }: TracedChange): boolean {
  const { kind, name } = resource.originalId
  return targets.some(({ select = {}, fieldPaths = ['metadata.name'] }) => {
    const isSelected = [kind, ''].includes(select.kind ?? '') && [name, resource.name, ''].includes(select.name ?? '')
    return isSelected && fieldPaths.some((path) => overlaps(smartSplit(path, '.'), parts))
  })
}
