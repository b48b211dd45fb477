import type { Draft, ProtobufCodec } from '../contracts.ts'
import type { Call } from './call.ts'
import { cloneValue, isDraft } from './draft.ts'
import { findDuplicateFields } from './duplicate-fields.ts'
import { badRequest, StatusError } from './status.ts'
import { FailureError } from '@kedge/base'
import { JsonSyntaxError, parseJson } from './json-syntax.ts'
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
export function decodeBody(call: Call, protobuf: ProtobufCodec, kind: string): DecodedBody {
  const { body } = call
  if (body.kind === 'value') return { value: cloneValue(body.value), duplicates: [], isTyped: false }
  const bytes = body.kind === 'bytes' ? body.bytes : new Uint8Array()
  const type = mediaType(call.contentType)
  if (type === 'application/vnd.kubernetes.protobuf') {
    return { value: decodeProtobuf(bytes, protobuf), duplicates: [], isTyped: true }
  }
  if (type !== '' && type !== 'application/json' && type !== 'application/yaml') {
    throw new StatusError(415, 'UnsupportedMediaType', {
      message: `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
    })
  }
  try {
    return decodeText(bytes, type === 'application/yaml')
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw unrecognized(kind, error.reason, error.text)
  }
}

/** Reads JSON or, when it is said to be YAML and is no JSON, YAML. Throws JsonSyntaxError. */
export function decodeText(bytes: Uint8Array, yaml: boolean): DecodedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (yaml && !/^\s*[{[]/.test(text)) return { ...readYaml(text), isTyped: false }
  return { value: parseJson(text), duplicates: findDuplicateFields(text), isTyped: false }
}

/** The body as an object. */
export function requireDraft(value: unknown, kind = 'Object'): Draft {
  if (isDraft(value)) return value
  const what = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const header = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`
  throw unrecognized(kind, `json: cannot unmarshal ${what} into Go value of type ${header}`, JSON.stringify(value))
}

/** How much of a body that cannot be read is shown. */
const shownLimit = 100

function unrecognized(kind: string, reason: string, text: string): StatusError {
  const isObject = text.startsWith('{')
  const start = text.slice(0, shownLimit)
  const more = text.length > shownLimit ? ' ...' : ''
  const shown = text === '' ? '<empty>' : `${isObject ? start : Buffer.from(start).toString('hex')}${more}`
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${reason} (${shown})`,
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
