import { FailureError } from '@kedge/base'
import type { Draft, ProtobufCodec } from '../contracts.ts'
import { builtInComponent } from '../schema/built-in.ts'
import { fieldFlags, messageOfComponent, toGoForm } from '../schema/go-form.ts'
import { isObject } from '../schema/json.ts'
import { protobufMessages, type MessageField } from '../schema/load.ts'
import { specialType } from './special-types.ts'
import { readFields, readPacked, WireError, type WireField } from './wire.ts'

/** `k8s\0`, with which every protobuf body begins. */
const magic = [0x6b, 0x38, 0x73, 0x00]
/** Deeper than any built-in kind nests. */
const maxDepth = 64
const utf8 = new TextDecoder()

/** Makes the reader of protobuf bodies. */
export function createProtobufCodec(): ProtobufCodec {
  return { decode: decodeBody }
}

/** Reads a body in its envelope into the JSON that the real server would have of it. */
function decodeBody(bytes: Uint8Array): Draft {
  try {
    return decodeEnvelope(bytes, 0)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new FailureError({ code: 'InvalidProtobuf', message: `the body is no protobuf object: ${error.message}` })
  }
}

function decodeEnvelope(bytes: Uint8Array, depth: number): Draft {
  if (magic.some((byte, at) => bytes[at] !== byte)) throw new WireError('it does not begin with k8s\\0')
  let apiVersion = ''
  let kind = ''
  let raw = new Uint8Array()
  for (const { number, value } of readFields(bytes.subarray(magic.length))) {
    if (!(value instanceof Uint8Array)) continue
    if (number === 2) raw = new Uint8Array(value)
    if (number !== 1) continue
    for (const part of readFields(value)) {
      const text = part.value instanceof Uint8Array ? utf8.decode(part.value) : ''
      if (part.number === 1) apiVersion = text
      if (part.number === 2) kind = text
    }
  }
  const message = messageOfKind(apiVersion, kind)
  if (message === undefined) throw new WireError(`no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`)
  const draft: Draft = { kind, apiVersion, ...decodeMessage(message, raw, depth) }
  toGoForm(message, draft)
  return draft
}

/** The message of a kind: that of a served one, or by name of versions that are only reviewed or passed on. */
function messageOfKind(apiVersion: string, kind: string): string | undefined {
  const component = builtInComponent(apiVersion, kind)
  if (component !== undefined) return messageOfComponent(component)
  const [group = '', version] = apiVersion.split('/')
  const folder = version === undefined ? 'core' : (oddFolders[group] ?? group.split('.')[0] ?? '')
  const names = [`k8s.io.api.${folder}.${version ?? group}.${kind}`, `k8s.io.apimachinery.pkg.apis.meta.v1.${kind}`]
  return names.find((name) => Object.hasOwn(protobufMessages(), name))
}

const oddFolders: Readonly<Record<string, string>> = { 'internal.apiserver.k8s.io': 'apiserverinternal' }

function decodeMessage(message: string, bytes: Uint8Array, depth: number): Draft {
  if (depth > maxDepth) throw new WireError('nested too deep')
  const known = protobufMessages()[message] ?? {}
  const out: Draft = {}
  for (const field of readFields(bytes)) {
    const declared = known[String(field.number)]
    if (declared !== undefined) decodeField(out, declared, { field, depth })
  }
  return out
}

interface Occurrence {
  readonly field: WireField
  readonly depth: number
}

function decodeField(out: Draft, [name, type, flags]: MessageField, at: Occurrence): void {
  if ((flags & fieldFlags.inline) !== 0) Object.assign(out, decodeValue(type, at))
  else if ((flags & fieldFlags.map) !== 0) addEntry(out, name, { type, at })
  else if ((flags & fieldFlags.repeated) !== 0) addItems(out, name, { type, at })
  else out[name] = decodeValue(type, at)
}

function addEntry(out: Draft, name: string, { type, at }: { readonly type: string; readonly at: Occurrence }): void {
  const { value } = at.field
  if (!(value instanceof Uint8Array)) throw new WireError('map entry expected')
  let key = ''
  let below: unknown
  for (const field of readFields(value)) {
    if (field.number === 1 && field.value instanceof Uint8Array) key = utf8.decode(field.value)
    if (field.number === 2) below = decodeValue(type, { field, depth: at.depth })
  }
  const map = isObject(out[name]) ? out[name] : {}
  // A plain assignment of `__proto__` would set the prototype.
  Object.defineProperty(map, key, {
    value: below === undefined ? zeroOf(type, at.depth) : below,
    enumerable: true,
    configurable: true,
    writable: true,
  })
  out[name] = map
}

function addItems(out: Draft, name: string, { type, at }: { readonly type: string; readonly at: Occurrence }): void {
  const list: unknown[] = Array.isArray(out[name]) ? out[name] : []
  const { value } = at.field
  if (value instanceof Uint8Array && (type === 'int32' || type === 'int64')) {
    for (const number of readPacked(value)) list.push(Number(BigInt.asIntN(64, number)))
  } else list.push(decodeValue(type, at))
  out[name] = list
}

function decodeValue(type: string, { field, depth }: Occurrence): unknown {
  const { value } = field
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(BigInt.asIntN(64, value))
  switch (type) {
    case 'string':
      return utf8.decode(value)
    case 'bytes':
      return Buffer.from(value).toString('base64')
    case 'double':
      return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0, true)
    case 'bool':
    case 'int32':
    case 'int64':
      throw new WireError(`${type} expected`)
    default:
      return decodeNested(type, value, depth + 1)
  }
}

function decodeNested(type: string, bytes: Uint8Array, depth: number): unknown {
  const nested = (inner: string, part: Uint8Array): unknown =>
    inner === '' ? decodeEnvelope(part, depth + 1) : decodeNested(inner, part, depth + 1)
  return specialType(type)?.(bytes, nested) ?? decodeOrNull(type, bytes, depth)
}

function decodeOrNull(type: string, bytes: Uint8Array, depth: number): unknown {
  return specialType(type) === undefined ? decodeMessage(type, bytes, depth) : null
}

/** The value of a map entry that was written without one. */
function zeroOf(type: string, depth: number): unknown {
  switch (type) {
    case 'string':
    case 'bytes':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'double':
      return 0
    default:
      return decodeNested(type, new Uint8Array(), depth + 1)
  }
}
