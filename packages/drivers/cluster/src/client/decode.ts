import { ApiError, formatApiVersion, type KubeObject } from '@kedge/manifest'

import type { Resource } from '../discovery/resource.ts'
import { field, textField } from '../transport/api-answer.ts'
import type { Answer } from '../transport/transport.ts'

/** Whether a decoded value is a Kubernetes object: an apiVersion, a kind and metadata. */
export function isKubeObject(value: unknown): value is KubeObject {
  const metadata = field(value, 'metadata')
  return (
    textField(value, 'apiVersion') !== undefined &&
    textField(value, 'kind') !== undefined &&
    typeof metadata === 'object' &&
    metadata !== null
  )
}

/** The object that an answer carries. Throws ApiError of unknown outcome when it carries none. */
export function objectOf(answer: Answer, what: string): KubeObject {
  if (isKubeObject(answer.body)) return answer.body
  throw new ApiError(
    { code: answer.status, reason: 'Unreadable', message: `${what}: the server's answer is no object` },
    { outcomeKnown: false },
  )
}

/** A list item with the apiVersion and kind that lists leave out, and that PartialObjectMetadata hides. */
export function typedItem(item: unknown, resource: Resource): KubeObject | undefined {
  const metadata = field(item, 'metadata')
  if (typeof item !== 'object' || item === null || typeof metadata !== 'object' || metadata === null) return undefined
  const kind = textField(item, 'kind')
  const typed = kind === undefined || kind === 'PartialObjectMetadata'
  const object = typed
    ? { ...item, apiVersion: formatApiVersion(resource.group, resource.version), kind: resource.kind, metadata }
    : item
  return isKubeObject(object) ? object : undefined
}

/** The texts of an answer's Warning headers. */
export function warningsOf(answer: Answer): readonly string[] {
  const header = answer.headers['warning']
  if (header === undefined) return []
  const found = header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)
  return [...found].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1')).slice(0, 100)
}

/** Whether an error says that this very object is absent, not that its whole resource is. */
export function isObjectAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.status.code === 404 && error.status.reason === 'NotFound'
}
