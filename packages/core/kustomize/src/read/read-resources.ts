import type { FailureError } from '@kedge/base'
import { Parser, YamlError, expandAliases, type MapNode, type YamlNode } from '@kedge/yaml'
import { buildFailure, located } from '../build-failure.ts'
import { Resource } from '../model/resource.ts'
import type { Scopes } from '../model/scopes.ts'
import { fieldOf, isEmpty, isNull, stringOf, textOf } from '../nodes/node-access.ts'
import { nodeFromJson } from '../nodes/node-from-value.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** A root of a file with the line where it begins. */
export interface ReadObject {
  readonly node: MapNode
  readonly line: number
}

/**
 * The objects of a YAML or JSON file: documents cut at `---` lines, lists flattened, anchors expanded. Each must have a
 * kind and a name.
 */
export function readObjects(text: string, file: string | undefined): readonly ReadObject[] {
  try {
    const roots = readRoots(text.replaceAll('\r\n', '\n'), file)
    return inlineLists(
      roots.filter(({ node }) => !isEmpty(node)).map((root) => requireIdentity(root, file)),
      file,
    )
  } catch (error) {
    throw error instanceof YamlError ? malformed(error, file, 1) : error
  }
}

/** The resources of a file. */
export function resourcesOf(objects: readonly ReadObject[], scopes: Scopes, file: string | undefined): Resource[] {
  return objects.map(
    ({ node, line }) => new Resource(node, { scopes, origin: file === undefined ? undefined : { file, line } }),
  )
}

/** Comments matter only where one may hold a schema, which says how a list merges. */
const SCHEMA_COMMENT = /#\s*\{/

interface Root {
  readonly node: YamlNode
  readonly line: number
}

function malformed(error: YamlError, file: string | undefined, firstLine: number): FailureError {
  const line = firstLine + Math.max(error.line, 1) - 1
  return buildFailure('kustomize-resource', `MalformedYAMLError: ${error.message}`, {
    origin: file === undefined ? undefined : { file, line },
    cause: error,
  })
}

function readRoots(text: string, file: string | undefined): readonly Root[] {
  const chunks = splitDocuments(text, file)
  const roots: Root[] = []
  for (const chunk of chunks) {
    const root = readRoot(chunk, file)
    if (root === undefined || isNull(root.node)) continue
    const items = chunks.length === 1 ? wrappedItems(root.node) : undefined
    if (items === undefined) roots.push(root)
    else for (const node of items) roots.push({ node, line: node.line })
  }
  return roots
}

function readRoot(chunk: Chunk, file: string | undefined): Root | undefined {
  try {
    const document = new Parser(chunk.text, { comments: SCHEMA_COMMENT.test(chunk.text) }).next()
    if (document?.root === undefined) return undefined
    const node = document.hasAnchors ? expandAliases(document.root) : document.root
    return { node, line: chunk.firstLine + Math.max(node.line, 1) - 1 }
  } catch (error) {
    throw error instanceof YamlError ? malformed(error, file, chunk.firstLine) : error
  }
}

/** A lone list document is replaced by its items. */
function wrappedItems(node: YamlNode): readonly YamlNode[] | undefined {
  const kind = textOf(fieldOf(node, 'kind'))
  if (kind !== 'ResourceList' && kind !== 'List') return undefined
  const items = fieldOf(node, 'items')
  if (items === undefined) return fieldOf(node, 'functionConfig') === undefined ? undefined : []
  if (items.kind === 'seq') return items.items
  return items.kind === 'map' ? items.entries.flatMap(({ key, value }) => [key, value]) : []
}

interface Chunk {
  readonly text: string
  readonly firstLine: number
}

/** Cuts at lines that begin with `---`; only a comment may follow on them. */
function splitDocuments(text: string, file: string | undefined): readonly Chunk[] {
  if (text === '') return []
  if (!text.includes('\n---')) return [{ text, firstLine: 1 }]
  const chunks: Chunk[] = []
  let start = 0
  let firstLine = 1
  for (const match of text.matchAll(/\n---([^\n]*)\n/g)) {
    const rest = (match[1] ?? '').trim()
    const chunk = text.slice(start, match.index)
    const lines = countLines(chunk)
    if (rest !== '' && !rest.startsWith('#')) {
      throw buildFailure('kustomize-resource', `invalid document separator: ${match[0].trim()}`, {
        origin: file === undefined ? undefined : { file, line: firstLine + lines + 1 },
      })
    }
    chunks.push({ text: `${chunk}\n`, firstLine })
    start = match.index + match[0].length
    firstLine += lines + 2
  }
  chunks.push({ text: text.slice(start), firstLine })
  return chunks
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function requireIdentity({ node, line }: Root, file: string | undefined): ReadObject {
  const origin = file === undefined ? undefined : { file, line }
  if (node.kind !== 'map') throw buildFailure('kustomize-resource', 'missing Resource metadata', { origin })
  const kind = stringOf(fieldOf(node, 'kind'))
  if (kind === '') throw buildFailure('kustomize-resource', 'missing kind in object', { origin })
  const name = stringOf(fieldOf(fieldOf(node, 'metadata'), 'name'))
  if (name === '' && !kind.endsWith('List')) {
    throw buildFailure('kustomize-resource', `missing metadata.name in object of kind ${kind}`, { origin })
  }
  return { node, line }
}

/** Replaces objects of kinds that end in `List` by their items; the items go to the end, as in kustomize. */
function inlineLists(objects: readonly ReadObject[], file: string | undefined): readonly ReadObject[] {
  const result: ReadObject[] = []
  const queue = [...objects]
  for (const object of queue) {
    const items = textOf(fieldOf(object.node, 'kind')).endsWith('List') ? fieldOf(object.node, 'items') : undefined
    if (items === undefined) result.push(object)
    else queue.push(...listItems(items, object, file))
  }
  return result
}

function listItems(items: YamlNode, list: ReadObject, file: string | undefined): readonly ReadObject[] {
  if (isNull(items)) return []
  if (items.kind !== 'seq') {
    throw buildFailure('kustomize-resource', `expected array in ${textOf(fieldOf(list.node, 'kind'))}/items`, {
      origin: file === undefined ? undefined : { file, line: list.line },
    })
  }
  const offset = list.line - Math.max(list.node.line, 1)
  return items.items
    .filter((item) => !isEmpty(item))
    .map((item) => {
      const line = item.line + offset
      const origin = file === undefined ? undefined : { file, line }
      const plain = nodeFromJson(
        origin === undefined ? jsonValue(item) : located(origin, () => jsonValue(item)),
        item.line,
      )
      return requireIdentity({ node: plain, line }, file)
    })
}
