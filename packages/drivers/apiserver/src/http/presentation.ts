import type { Draft } from '../contracts.ts'
import { StoredObject } from '../store/stored-object.ts'
import type { Call, Payload } from './call.ts'
import { payloadOf } from './call.ts'
import { metadataOf, textOf } from './draft.ts'
import { acceptedForm } from './negotiate.ts'
import type { Parts } from './parts.ts'
import type { Scope } from './scope.ts'
import { tableOf } from '../table/table.ts'

/** metadata of a list answer. */
export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** How objects are shown to one client: whole, as a Table, or their metadata only. */
export interface Presentation {
  readonly contentType: string
  single(stored: StoredObject): Payload
  list(items: readonly StoredObject[], meta: ListMeta): Payload
  /** One object of a watch; the first one of a Table watch carries the column definitions. */
  watched(stored: StoredObject, isFirst: boolean): StoredObject
}

export function presentationOf(parts: Parts, scope: Scope, call: Call): Presentation {
  const form = acceptedForm(call.accept, scope.kind.custom)
  if (form.kind === 'table') return tablePresentation(parts, scope, { ...form, call })
  if (form.kind === 'metadata') return metadataPresentation(form)
  return plainPresentation(scope, form.contentType)
}

function plainPresentation(scope: Scope, contentType: string): Presentation {
  return {
    contentType,
    single: (stored) => ({ value: () => stored.object, bytes: () => stored.bytes() }),
    list: (items, meta) => plainList(scope, items, meta),
    watched: (stored) => stored,
  }
}

/** Lists of built-in kinds leave kind and apiVersion out of their items, lists of custom ones do not. */
function plainList(scope: Scope, items: readonly StoredObject[], meta: ListMeta): Payload {
  const { kind } = scope
  const head = kind.custom
    ? { apiVersion: scope.apiVersion, kind: kind.listKind, metadata: { continue: '', ...meta } }
    : { kind: kind.listKind, apiVersion: scope.apiVersion, metadata: meta }
  const cut = kind.custom
    ? 0
    : `"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(scope.apiVersion)},`.length
  return {
    value: () => ({
      ...head,
      items: items.map((stored) => (kind.custom ? stored.object : withoutKind(stored.object))),
    }),
    bytes: () => {
      const chunks: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
      for (const [at, stored] of items.entries()) {
        chunks.push(at === 0 ? openObject : nextObject, stored.bytes().subarray(1 + cut))
      }
      chunks.push(closeList)
      return Buffer.concat(chunks)
    },
  }
}

const openObject = Buffer.from('{')
const nextObject = Buffer.from(',{')
const closeList = Buffer.from(']}')

function withoutKind(object: Readonly<Draft>): Draft {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

function metadataPresentation(form: { readonly contentType: string; readonly version: string }): Presentation {
  const apiVersion = `meta.k8s.io/${form.version}`
  const partial = (stored: StoredObject): StoredObject =>
    stored.view(`partial/${form.version}`, (object) => ({
      kind: 'PartialObjectMetadata',
      apiVersion,
      metadata: metadataOf(object),
    }))
  return {
    contentType: form.contentType,
    single: (stored) => payloadOf(partial(stored).object),
    list: (items, meta) =>
      payloadOf({
        kind: 'PartialObjectMetadataList',
        apiVersion,
        metadata: meta,
        items: items.map((stored) => partial(stored).object),
      }),
    watched: partial,
  }
}

function tablePresentation(
  parts: Parts,
  scope: Scope,
  form: { readonly contentType: string; readonly version: string; readonly call: Call },
): Presentation {
  const includeObject = form.call.query.get('includeObject') ?? 'Metadata'
  const table = (items: readonly StoredObject[], meta: ListMeta, withColumns: boolean): Draft =>
    tableOf({
      kind: scope.kind,
      items,
      meta,
      withColumns,
      includeObject,
      nowMs: parts.clock.now(),
      version: form.version,
    })
  const metaOf = (stored: StoredObject): ListMeta => ({
    resourceVersion: textOf(metadataOf(stored.object), 'resourceVersion'),
  })
  return {
    contentType: form.contentType,
    single: (stored) => payloadOf(table([stored], metaOf(stored), true)),
    list: (items, meta) => payloadOf(table(items, meta, true)),
    watched: (stored, isFirst) =>
      new StoredObject(stored.key, stored.revision, table([stored], metaOf(stored), isFirst)),
  }
}
