import { type MapNode, type SeqNode, type YamlNode } from '@kedge/yaml'
import type { Origin } from '@kedge/base'
import { buildFailure, located } from '../build-failure.ts'
import { entryOf, fieldOf, putField, removeField } from '../nodes/node-access.ts'
import { nodeFromValue } from '../nodes/node-from-value.ts'
import { looseValue } from '../read/loose-value.ts'
import { parseScalarText } from '../nodes/scalar-text.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** One operation of RFC 6902. */
export interface JsonOperation {
  readonly op: string
  readonly path: string
  readonly from: string | undefined
  /** With the lines of the patch. */
  readonly value: YamlNode | undefined
  /** Counted from 1 in the text of the patch; 0 when it is not known. */
  readonly line: number
}

/** Reads a JSON patch from JSON or YAML; undefined when the text is none. */
export function parseJsonPatch(text: string): readonly JsonOperation[] | undefined {
  if (text === '') return undefined
  try {
    const value: unknown = text.startsWith('[') ? JSON.parse(text) : looseValue(text)
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) return undefined
    // An entry that says nothing is an operation of no kind, which only fails when it is applied.
    const entries: readonly unknown[] = value.map((entry: unknown) => entry ?? {})
    if (!entries.every(isRecord)) return undefined
    const written = parseScalarText(text)
    return entries.map((entry, index) => toOperation(entry, written?.kind === 'seq' ? written.items[index] : undefined))
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toOperation(fields: Record<string, unknown>, written: YamlNode | undefined): JsonOperation {
  const writtenValue = written === undefined ? undefined : fieldOf(written, 'value')
  const value = Object.hasOwn(fields, 'value') ? nodeFromValue(roughen(fields['value'])) : undefined
  return {
    op: typeof fields['op'] === 'string' ? fields['op'] : 'unknown',
    path: typeof fields['path'] === 'string' ? fields['path'] : 'unknown',
    from: typeof fields['from'] === 'string' ? fields['from'] : undefined,
    value: value === undefined || writtenValue === undefined ? value : keepLines(value, writtenValue),
    line: written?.line ?? 0,
  }
}

/** Numbers pass through double precision on the way, as in Go's JSON. */
function roughen(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(roughen)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, roughen(item)]))
}

/**
 * Applies operations to an object. All its scalars are rewritten in their JSON form, as kustomize does. A failure is
 * placed at its operation, where it is known where the text of the patch starts.
 */
export function applyJsonPatch(node: MapNode, operations: readonly JsonOperation[], start?: Origin): MapNode {
  let result: YamlNode = canonical(node)
  for (const operation of operations) {
    const place = start === undefined ? undefined : lineBelow(start, operation.line)
    result = place === undefined ? applyOne(result, operation) : located(place, () => applyOne(result, operation))
  }
  if (result.kind !== 'map') throw failure('the patched object is no map', operations.at(-1))
  return result
}

/** The place of a line of a text that starts somewhere in a file. */
export function lineBelow(start: Origin, line: number): Origin {
  return line <= 0 ? start : { file: start.file, line: (start.line ?? 1) + line - 1 }
}

/** The tree with every scalar as its JSON value is written; lines are kept. */
function canonical(node: YamlNode): YamlNode {
  return keepLines(nodeFromValue(roughen(jsonValue(node))), node)
}

function keepLines(node: YamlNode, old: YamlNode): YamlNode {
  if (node.kind === 'map' && old.kind === 'map') {
    const entries = node.entries.map((entry) => {
      const before = entry.key.kind === 'scalar' ? entryOf(old, entry.key.value) : undefined
      if (before === undefined) return entry
      return { key: { ...entry.key, line: before.key.line }, value: keepLines(entry.value, before.value) }
    })
    return { ...node, line: old.line, entries }
  }
  if (node.kind === 'seq' && old.kind === 'seq') {
    const items = node.items.map((item, index) => {
      const before = old.items[index]
      return before === undefined ? item : keepLines(item, before)
    })
    return { ...node, line: old.line, items }
  }
  return { ...node, line: old.line }
}

function failure(message: string, operation: JsonOperation | undefined): Error {
  const what = operation === undefined ? '' : `${operation.op} operation does not apply: `
  return buildFailure('kustomize-patch', `${what}${message}`)
}

function applyOne(root: YamlNode, operation: JsonOperation): YamlNode {
  const path = pointer(operation.path, operation)
  switch (operation.op) {
    case 'add':
      return insert(root, path, { value: operation.value ?? NULL, operation })
    case 'remove':
      return removeAt(root, path, operation)
    case 'replace':
      return path.length === 0
        ? (operation.value ?? NULL)
        : setAt(root, path, { value: operation.value ?? NULL, operation })
    case 'move': {
      const moved = requireFrom(root, operation)
      return insert(removeAt(root, pointer(operation.from ?? '', operation), operation), path, {
        value: moved,
        operation,
      })
    }
    case 'copy':
      return insert(root, path, { value: requireFrom(root, operation), operation })
    case 'test':
      testValue(root, path, operation)
      return root
    default:
      throw buildFailure('kustomize-patch', `unexpected kind: ${operation.op}`)
  }
}

const NULL = nodeFromValue(null)

function requireFrom(root: YamlNode, operation: JsonOperation): YamlNode {
  const { from = '', op } = operation
  const path = pointer(from, operation)
  const found = path.length === 0 ? undefined : find(root, path)
  if (found !== undefined) return found
  // The library that kustomize uses copies a field that is not there as null.
  const isField = path.length > 0 && find(root, path.slice(0, -1))?.kind === 'map'
  if (op === 'copy' && isField) return NULL
  throw missing(from, operation)
}

function missing(path: string, operation: JsonOperation): Error {
  return failure(`doc is missing path: ${path}: missing value`, operation)
}

function testValue(root: YamlNode, path: readonly string[], operation: JsonOperation): void {
  const found = find(root, path)
  const parent = path.length === 0 ? root : find(root, path.slice(0, -1))
  // Only a field of a map may be missing, and then counts as null.
  if (found === undefined && parent?.kind !== 'map') throw missing(operation.path, operation)
  const wanted = operation.value === undefined ? null : jsonValue(operation.value)
  const actual = found === undefined ? null : jsonValue(found)
  if (!equalValues(actual, wanted)) throw failure(`testing value ${operation.path} failed`, operation)
}

function equalValues(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equalValues(item, b[index]))
  }
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && equalValues(a[key], b[key]))
  }
  return a === b
}

/** Splits a JSON pointer; what stands before its first slash does not matter, but there must be one. */
function pointer(path: string, operation: JsonOperation): readonly string[] {
  if (path === '') return []
  if (!path.includes('/')) throw missing(path, operation)
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function find(root: YamlNode, path: readonly string[]): YamlNode | undefined {
  let at: YamlNode | undefined = root
  for (const part of path) {
    if (at?.kind === 'map') at = fieldOf(at, part)
    else if (at?.kind === 'seq') at = at.items[indexOf(part, at.items.length)]
    else return undefined
  }
  return at
}

/** An index of a list; negative ones count from the end. */
function indexOf(part: string, length: number): number {
  if (!/^[+-]?\d+$/.test(part)) return Number.NaN
  const index = Number(part)
  return index < 0 ? index + length : index
}

interface Change {
  readonly value: YamlNode
  readonly operation: JsonOperation
}

/** Rebuilds the way down to the parent of a place and changes that. */
function changeParent(
  node: YamlNode,
  path: readonly string[],
  change: { operation: JsonOperation; edit: (parent: MapNode | SeqNode, part: string) => YamlNode },
): YamlNode {
  const [part = '', ...rest] = path
  if (path.length === 0 || (node.kind !== 'map' && node.kind !== 'seq'))
    throw missing(change.operation.path, change.operation)
  if (rest.length === 0) return change.edit(node, part)
  const child = find(node, [part])
  if (child === undefined) throw missing(change.operation.path, change.operation)
  const changed = changeParent(child, rest, change)
  if (node.kind === 'map') return putField(node, part, changed)
  return { ...node, items: node.items.with(indexOf(part, node.items.length), changed) }
}

function insert(root: YamlNode, path: readonly string[], { value, operation }: Change): YamlNode {
  return changeParent(root, path, {
    operation,
    edit: (parent, part) => {
      if (parent.kind === 'map') return putField(parent, part, value)
      if (part === '-') return { ...parent, items: [...parent.items, value] }
      const index = Number.isNaN(indexOf(part, 0)) ? Number.NaN : Number(part)
      const at = index < 0 ? index + parent.items.length + 1 : index
      if (Number.isNaN(at) || at < 0 || at > parent.items.length) {
        throw failure(`unable to access invalid index: ${part}`, operation)
      }
      return { ...parent, items: parent.items.toSpliced(at, 0, value) }
    },
  })
}

function setAt(root: YamlNode, path: readonly string[], { value, operation }: Change): YamlNode {
  return changeParent(root, path, {
    operation,
    edit: (parent, part) => {
      // Unlike RFC 6902, the library that kustomize uses adds a field that is not there.
      if (parent.kind === 'map') return putField(parent, part, value)
      const index = indexOf(part, parent.items.length)
      if (parent.items[index] === undefined) throw missing(operation.path, operation)
      return { ...parent, items: parent.items.with(index, value) }
    },
  })
}

function removeAt(root: YamlNode, path: readonly string[], operation: JsonOperation): YamlNode {
  return changeParent(root, path, {
    operation,
    edit: (parent, part) => {
      if (parent.kind === 'map') {
        if (fieldOf(parent, part) === undefined) throw missing(operation.path, operation)
        return removeField(parent, part)
      }
      const index = indexOf(part, parent.items.length)
      if (parent.items[index] === undefined) throw failure(`unable to access invalid index: ${part}`, operation)
      return { ...parent, items: parent.items.toSpliced(index, 1) }
    },
  })
}
