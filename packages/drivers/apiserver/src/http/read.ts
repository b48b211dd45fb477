import { storageKey, type StoredObject } from '../store/stored-object.ts'
import { firstAtOrAfter } from '../store/ordered-index.ts'
import type { Answer, Call } from './call.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'
import { parseListOptions, type ListOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { presentationOf, type ListMeta } from './presentation.ts'
import { requireStored, viewFor, type Scope } from './scope.ts'
import { selectionOf, type Selection } from './selection.ts'
import { badRequest, expired, tooLargeResourceVersion } from './status.ts'

/** GET of one object. */
export function get(parts: Parts, scope: Scope, call: Call): Answer {
  requireRevision(parts, call.query.get('resourceVersion') ?? '')
  const stored = viewFor(parts, scope.kind, requireStored(parts, scope))
  const presentation = presentationOf(parts, scope, call)
  return { kind: 'object', status: 200, payload: presentation.single(stored), contentType: presentation.contentType }
}

/** One page of a list and where the next one starts. */
export interface Page {
  readonly items: readonly StoredObject[]
  readonly meta: ListMeta
}

/** GET of a collection. */
export function list(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseListOptions(call.query)
  const page = pageOf(parts, scope, options)
  const presentation = presentationOf(parts, scope, call)
  const items = page.items.map((stored) => viewFor(parts, scope.kind, stored))
  return {
    kind: 'object',
    status: 200,
    payload: presentation.list(items, page.meta),
    contentType: presentation.contentType,
  }
}

/** Reads what a list asks for, as of the revision it asks for. */
export function pageOf(parts: Parts, scope: Scope, options: ListOptions): Page {
  const selection = selectionOf(scope, options)
  const start = startOf(parts, scope, options)
  const prefix = scope.kind.namespaced && scope.namespace !== '' ? `${scope.namespace}/` : ''
  const all =
    start.revision === undefined
      ? parts.storage.list(scope.shelf, prefix)
      : parts.storage.listAt(scope.shelf, start.revision, prefix)
  if (all === undefined) throw expired(start.goneMessage)
  const revision = start.revision ?? parts.storage.revision
  const from = start.after === '' ? 0 : firstAtOrAfter(all, start.after)
  const limit = options.limit > 0 ? options.limit : Infinity
  const { items, next } = take(all, { from, limit, selection })
  const meta = { resourceVersion: String(revision) }
  const last = items.at(-1)
  if (next >= all.length || last === undefined) return { items, meta }
  const token = encodeContinue(revision, `/${scope.namespace === '' ? last.key : last.key.slice(prefix.length)}\0`)
  const remaining = selection.isEmpty ? { remainingItemCount: all.length - next } : {}
  return { items, meta: { ...meta, continue: token, ...remaining } }
}

/** Matching objects up to the limit, and where to go on; the end when none of the rest matches. */
function take(
  all: readonly StoredObject[],
  range: { readonly from: number; readonly limit: number; readonly selection: Selection },
): { readonly items: readonly StoredObject[]; readonly next: number } {
  const { from, limit, selection } = range
  if (selection.isEmpty) {
    const to = Math.min(all.length, from + limit)
    return { items: from === 0 && to === all.length ? all : all.slice(from, to), next: to }
  }
  const items: StoredObject[] = []
  for (let at = from; at < all.length; at += 1) {
    const stored = all[at]
    if (stored === undefined || !selection.matches(stored.object)) continue
    if (items.length === limit) return { items, next: at }
    items.push(stored)
  }
  return { items, next: all.length }
}

interface Start {
  /** Undefined for the present. */
  readonly revision: number | undefined
  /** The first key of the page, or empty. */
  readonly after: string
  readonly goneMessage: string
}

function startOf(parts: Parts, scope: Scope, options: ListOptions): Start {
  if (options.continueToken !== '') {
    const token = decodeContinue(options.continueToken)
    if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    const rest = token.start.replace(/^\//, '')
    const after = scope.kind.namespaced && scope.namespace !== '' ? storageKey(scope.namespace, rest) : rest
    const goneMessage =
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'
    return {
      revision: token.revision > 0 ? Math.min(token.revision, parts.storage.revision) : undefined,
      after,
      goneMessage,
    }
  }
  const asked = requireRevision(parts, options.resourceVersion)
  const exact =
    options.resourceVersionMatch === 'Exact' || (options.limit > 0 && asked > 0 && options.resourceVersionMatch === '')
  return {
    revision: exact && asked > 0 ? asked : undefined,
    after: '',
    goneMessage: 'The resourceVersion for the provided list is too old.',
  }
}

/** Reads a resourceVersion and refuses one that lies in the future. */
function requireRevision(parts: Parts, text: string): number {
  if (text === '') return 0
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  const revision = Number(text)
  if (revision > parts.storage.revision) throw tooLargeResourceVersion(revision, parts.storage.revision)
  return revision
}
