import { ApiError, type KubeObject } from '@kedge/manifest'

import { resourceName, type Resource } from '../discovery/resource.ts'
import { field, textField } from '../transport/api-answer.ts'
import { resourcePath, withQuery } from '../transport/paths.ts'
import type { Call } from '../transport/transport.ts'
import type { ObjectList, Selection } from './cluster.ts'
import { typedItem } from './decode.ts'
import type { Deadline, Requester } from './requester.ts'

/** How a list is fetched. */
export interface ListRequest extends Deadline, Selection {
  readonly resource: Resource
  readonly headers: Call['headers']
  readonly metadataOnly: boolean
  /** 0 asks for everything at once. */
  readonly pageSize: number
  /** The list ends once it has so many objects. */
  readonly max?: number
  /** The oldest state that will do; the newest where absent. */
  readonly notOlderThan?: string
}

const maxPages = 100_000

/** Accept headers for whole objects and for their metadata alone. */
export function acceptOf(metadataOnly: boolean, form: 'list' | 'object'): string {
  if (!metadataOnly) return 'application/json'
  const as = form === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata'
  return `application/json;as=${as};g=meta.k8s.io;v=v1,application/json`
}

/**
 * All pages of a list. When the server forgets the list's state between two pages (410), the whole is fetched at once,
 * so that the result is always one state of the server.
 */
export async function fetchList(requester: Requester, request: ListRequest): Promise<ObjectList> {
  try {
    return await fetchPages(requester, request)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.code !== 410 || request.pageSize === 0) throw error
    return fetchPages(requester, { ...request, pageSize: 0 })
  }
}

async function fetchPages(requester: Requester, request: ListRequest): Promise<ObjectList> {
  const items: KubeObject[] = []
  let next = ''
  for (let page = 0; page < maxPages; page += 1) {
    const body = await fetchPage(requester, request, next)
    const list = field(body, 'items')
    for (const item of Array.isArray(list) ? list : []) {
      const object = typedItem(item, request.resource)
      if (object !== undefined) items.push(object)
    }
    const metadata = field(body, 'metadata')
    next = textField(metadata, 'continue') ?? ''
    if (next === '' || items.length >= (request.max ?? Number.POSITIVE_INFINITY))
      return { items: items.slice(0, request.max), resourceVersion: textField(metadata, 'resourceVersion') ?? '' }
  }
  throw new ApiError(
    { code: 0, reason: 'TooLarge', message: `list ${resourceName(request.resource)}: more than ${maxPages} pages` },
    { outcomeKnown: true },
  )
}

async function fetchPage(requester: Requester, request: ListRequest, next: string): Promise<unknown> {
  const { resource, pageSize, notOlderThan } = request
  const what = `list ${resourceName(resource)}`
  const path = withQuery(resourcePath(resource, place(request)), {
    labelSelector: request.labelSelector,
    fieldSelector: request.fieldSelector,
    limit: pageSize === 0 ? undefined : pageSize,
    continue: next === '' ? undefined : next,
    // A continue token carries its own resourceVersion; the server refuses a second one.
    ...(notOlderThan === undefined || next !== ''
      ? {}
      : { resourceVersion: notOlderThan, resourceVersionMatch: 'NotOlderThan' }),
  })
  const answer = await requester.send({
    verb: 'list',
    resource: resourceName(resource),
    what,
    idempotent: true,
    call: { method: 'GET', path, headers: { ...request.headers, accept: acceptOf(request.metadataOnly, 'list') } },
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
  })
  if (!Array.isArray(field(answer.body, 'items')) && field(answer.body, 'items') !== null) {
    throw new ApiError(
      { code: answer.status, reason: 'Unreadable', message: `${what}: the server's answer is no list` },
      { outcomeKnown: true },
    )
  }
  return answer.body
}

function place(selection: Selection): { namespace?: string } {
  return selection.namespace === undefined ? {} : { namespace: selection.namespace }
}
