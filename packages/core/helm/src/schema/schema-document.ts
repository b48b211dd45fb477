import { isValueMap } from '../values/paths.ts'
import { joinAddress, withoutFragment } from './schema-address.ts'

/** Releases of JSON Schema, by what they are called by; the newest is meant when a schema does not say. */
export type Draft = 4 | 6 | 7 | 2019 | 2020

/** A schema document: which draft it is in, and where references lead. */
export interface SchemaDocument {
  readonly root: unknown
  readonly draft: Draft
  /** The address in `$schema` when it is of no draft. */
  readonly unknownDraft: string | undefined
  /** Whether texts must be of the format that their schema names. */
  readonly assertsFormats: boolean
  /** Where the document lies. */
  readonly location: string
  /** What relative references start from, without a fragment. */
  readonly address: string
  /** Whether a reference, or the address it means, is that of this document or of a schema in it. */
  holds(reference: string): boolean
  /** The schema behind a reference; undefined when there is none in the document. */
  resolve(reference: string): unknown
}

/** Deepest nesting of a schema that is indexed. */
const maxDepth = 200

/** Reads the draft and the ids of the schema document that lies at an address. */
export function openSchema(root: unknown, at: string, formats: 'by-draft' | 'asserted' = 'by-draft'): SchemaDocument {
  const named = new Map<string, unknown>()
  index(root, named, 0)
  const schema = isValueMap(root) ? root['$schema'] : undefined
  const draft = typeof schema === 'string' ? draftOf(schema) : 2020
  const id = isValueMap(root) ? root[draft === 4 ? 'id' : '$id'] : undefined
  const address = typeof id === 'string' ? withoutFragment(joinAddress(at, id)) : at
  named.set(at, root)
  named.set(address, root)
  return {
    root,
    location: at,
    draft: draft ?? 2020,
    unknownDraft: draft === undefined && typeof schema === 'string' ? withoutFragment(schema) : undefined,
    assertsFormats: formats === 'asserted' || (draft ?? 2020) < 2019,
    address,
    holds: (reference) => {
      const base = withoutFragment(reference)
      return base === '' || named.has(reference) || named.has(base)
    },
    resolve: (reference) => resolve(root, named, reference),
  }
}

/** The draft that an address names; undefined for others, which name a schema of schemas of somebody's own. */
export function draftOf(address: string): Draft | undefined {
  const [, name = ''] = /^https?:\/\/json-schema\.org\/(.*?)#?$/.exec(address) ?? []
  return drafts.get(name)
}

const drafts: ReadonlyMap<string, Draft> = new Map([
  ['schema', 2020],
  ['draft/2020-12/schema', 2020],
  ['draft/2019-09/schema', 2019],
  ['draft-07/schema', 7],
  ['draft-06/schema', 6],
  ['draft-04/schema', 4],
])

/** Every schema with an id or an anchor of its own. */
function index(schema: unknown, named: Map<string, unknown>, depth: number): void {
  if (depth > maxDepth || typeof schema !== 'object' || schema === null) return
  if (isValueMap(schema)) {
    for (const key of ['$id', 'id']) {
      const id = schema[key]
      if (typeof id === 'string') named.set(id.replace(/#$/, ''), schema)
    }
    for (const key of ['$anchor', '$dynamicAnchor']) {
      const anchor = schema[key]
      if (typeof anchor === 'string') named.set(`#${anchor}`, schema)
    }
  }
  for (const below of Object.values(schema)) index(below, named, depth + 1)
}

function resolve(root: unknown, named: ReadonlyMap<string, unknown>, reference: string): unknown {
  const known = named.get(reference)
  if (known !== undefined) return known
  const hash = reference.indexOf('#')
  const base = hash < 0 ? reference : reference.slice(0, hash)
  const start = base === '' ? root : named.get(base)
  const fragment = hash < 0 ? '' : reference.slice(hash + 1)
  if (fragment === '') return start
  return fragment.startsWith('/') ? follow(start, fragment) : undefined
}

function follow(start: unknown, pointer: string): unknown {
  let at = start
  for (const part of pointer.slice(1).split('/')) {
    const key = decode(part)
    if (Array.isArray(at)) at = (at as unknown[])[Number(key)]
    else if (isValueMap(at) && Object.hasOwn(at, key)) at = at[key]
    else return undefined
  }
  return at
}

function decode(part: string): string {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
