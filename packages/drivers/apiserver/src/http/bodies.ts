import type { Draft, ProtobufCodec } from '../contracts.ts'
import type { Call } from './call.ts'
import { cloneValue, isDraft } from './draft.ts'
import { findDuplicateFields } from './duplicate-fields.ts'
import { badRequest, StatusError } from './status.ts'
import { FailureError } from '@kedge/base'
import { readYaml } from './yaml.ts'

/** Largest body that is read, as the real server's. */
export const bodyLimit: number = 3 * 1024 * 1024

export interface DecodedBody {
  readonly value: unknown
  /** Paths of fields that were given twice. */
  readonly duplicates: readonly string[]
  /** Protobuf carries no unknown or wrongly typed fields. */
  readonly isTyped: boolean
}

const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** Reads a body by its content type; a body from inside the process is copied, for verbs change it. */
export function decodeBody(call: Call, protobuf: ProtobufCodec): DecodedBody {
  const { body } = call
  if (body.kind === 'none') throw badRequest('no body was sent; the request needs an object')
  if (body.kind === 'value') return { value: cloneValue(body.value), duplicates: [], isTyped: false }
  const type = mediaType(call.contentType)
  if (type === 'application/vnd.kubernetes.protobuf') {
    return { value: decodeProtobuf(body.bytes, protobuf), duplicates: [], isTyped: true }
  }
  if (type === '' || type === 'application/json' || type === 'application/yaml') {
    return decodeText(body.bytes, type === 'application/yaml')
  }
  throw new StatusError(415, 'UnsupportedMediaType', {
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  })
}

/** Reads JSON or, when it is none or is said to be YAML, YAML. */
export function decodeText(bytes: Uint8Array, yaml: boolean): DecodedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (yaml && !text.trimStart().startsWith('{') && !text.trimStart().startsWith('[')) {
    return { ...readYaml(text), isTyped: false }
  }
  try {
    return { value: JSON.parse(text) as unknown, duplicates: findDuplicateFields(text), isTyped: false }
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type Object): ${error instanceof Error ? error.message : ''}`,
    )
  }
}

/** The body as an object. */
export function requireDraft(value: unknown): Draft {
  if (isDraft(value)) return value
  throw badRequest(
    `the object provided is unrecognized (must be of type Object): it is ${value === null ? 'null' : typeof value}`,
  )
}

/** A media type without its parameters. */
export function mediaType(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function decodeProtobuf(bytes: Uint8Array, protobuf: ProtobufCodec): Draft {
  try {
    return protobuf.decode(bytes)
  } catch (error) {
    if (error instanceof FailureError) throw badRequest(error.failure.message)
    throw error
  }
}
