import type { StorageEvent } from '../store/storage.ts'
import { StoredObject } from '../store/stored-object.ts'
import type { Answer, Call, WatchItem, WatchSink } from './call.ts'
import { metadataOf } from './draft.ts'
import { parseListOptions, type ListOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { presentationOf, type Presentation } from './presentation.ts'
import { apiVersionOf, viewFor, type Scope } from './scope.ts'
import { selectionOf, type Selection } from './selection.ts'
import { expired, StatusError } from './status.ts'

/** How often a watch that wants bookmarks gets one. */
const bookmarkMs = 60_000

/** A watch without timeoutSeconds ends after a random time from here to twice as long. */
const shortestMs = 30 * 60_000

interface WatchRequest {
  readonly scope: Scope
  readonly options: ListOptions
  readonly selection: Selection
  readonly presentation: Presentation
}

/** GET with watch=true: events of a collection, or of one object that the path or a selector names. */
export function watch(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseListOptions(call.query)
  if (options.resourceVersion !== '' && !/^\d+$/.test(options.resourceVersion)) {
    const text = JSON.stringify(options.resourceVersion)
    const reason = `strconv.ParseUint: parsing ${text}: invalid syntax`
    throw new StatusError(500, '', { message: `resourceVersion: Invalid value: ${text}: ${reason}` })
  }
  const request = {
    scope,
    options,
    selection: selectionOf(scope, options),
    presentation: presentationOf(parts, scope, call),
  }
  return { kind: 'watch', open: (sink) => openWatch(parts, request, sink) }
}

/** Sends what the request wants to begin with, then every event, until stopped or out of time. */
function openWatch(parts: Parts, request: WatchRequest, sink: WatchSink): () => void {
  const { scope, options } = request
  const emit = itemMaker(parts, request)
  const start = initialState(parts, request)
  for (const stored of start.items) sink.send(emit('ADDED', stored))
  if (options.sendInitialEvents && options.allowBookmarks) {
    sink.send(bookmark(scope, parts.storage.published, true))
  }
  const stopEvents = parts.storage.watch(scope.shelf, start.after, (event) => {
    const item = eventItem(request, event, emit)
    if (item !== undefined) sink.send(item)
  })
  if (stopEvents === undefined) {
    const status = expired(`too old resource version: ${start.after} (${parts.storage.revision})`).toStatus()
    sink.send(plainItem('ERROR', status))
    sink.end()
    return () => undefined
  }
  const stopTimers = sink.isLasting === true ? () => undefined : startTimers(parts, request, sink)
  return () => {
    stopEvents()
    stopTimers()
  }
}

/** The objects that a watch begins with, and the revision after which events follow. */
function initialState(
  parts: Parts,
  request: WatchRequest,
): { readonly items: readonly StoredObject[]; readonly after: number } {
  const { scope, options, selection } = request
  const fromState = options.sendInitialEvents || options.resourceVersion === '' || options.resourceVersion === '0'
  if (!fromState) return { items: [], after: Number(options.resourceVersion) }
  const prefix = prefixOf(scope)
  const after = parts.storage.published
  const state = parts.storage.listAt(scope.shelf, after, prefix) ?? []
  return { items: selection.isEmpty ? state : state.filter((stored) => selection.matches(stored.object)), after }
}

function prefixOf(scope: Scope): string {
  return scope.kind.namespaced && scope.namespace !== '' ? `${scope.namespace}/` : ''
}

type Emit = (type: WatchItem['type'], stored: StoredObject) => WatchItem

function itemMaker(parts: Parts, request: WatchRequest): Emit {
  let isFirst = true
  return (type, stored) => {
    const shown = request.presentation.watched(viewFor(parts, request.scope.kind, stored), isFirst)
    isFirst = false
    return { type, value: () => shown.object, line: () => shown.line(type) }
  }
}

/** What a selector makes of an event: an object that begins to match was added, one that no longer does was deleted. */
function eventItem(request: WatchRequest, event: StorageEvent, emit: Emit): WatchItem | undefined {
  const { scope, selection } = request
  if (!event.current.key.startsWith(prefixOf(scope))) return undefined
  if (selection.isEmpty) return emit(event.type, event.current)
  const matches = event.type !== 'DELETED' && selection.matches(event.current.object)
  const matched = event.previous !== undefined && selection.matches(event.previous.object)
  if (matches) return emit(matched ? 'MODIFIED' : 'ADDED', event.current)
  if (!matched || event.previous === undefined) return undefined
  return emit('DELETED', event.type === 'DELETED' ? event.current : stampedWith(event.previous, event))
}

/** The last state that matched, with the revision of the change that ended the match. */
function stampedWith(previous: StoredObject, event: StorageEvent): StoredObject {
  const metadata = { ...metadataOf(previous.object), resourceVersion: String(event.revision) }
  return new StoredObject(previous.key, event.revision, { ...previous.object, metadata })
}

function startTimers(parts: Parts, request: WatchRequest, sink: WatchSink): () => void {
  const seconds = request.options.timeoutSeconds
  const lifeMs = seconds > 0 ? seconds * 1000 : shortestMs * (1 + parts.random.next())
  const stopLife = parts.timers.after(lifeMs, () => sink.end())
  if (!request.options.allowBookmarks) return stopLife
  let stopBookmark = (): void => undefined
  const arm = (): void => {
    stopBookmark = parts.timers.after(bookmarkMs, () => {
      sink.send(bookmark(request.scope, parts.storage.published, false))
      arm()
    })
  }
  arm()
  return () => {
    stopLife()
    stopBookmark()
  }
}

function bookmark(scope: Scope, revision: number, endsInitialEvents: boolean): WatchItem {
  const annotations = endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  return plainItem('BOOKMARK', {
    kind: scope.kind.kind,
    apiVersion: apiVersionOf(scope.kind.group, scope.kind.version),
    metadata: { resourceVersion: String(revision), ...annotations },
  })
}

function plainItem(type: WatchItem['type'], object: WatchItem extends { value(): infer T } ? T : never): WatchItem {
  return { type, value: () => object, line: () => Buffer.from(`${JSON.stringify({ type, object })}\n`) }
}
