import { readFields, WireError } from './wire.ts'

/** Decodes a nested message of the named type. */
export type Nested = (type: string, bytes: Uint8Array) => unknown

/** Reads a message whose JSON is not an object of its fields. */
type Special = (bytes: Uint8Array, nested: Nested) => unknown

const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1.'
const utf8 = new TextDecoder()

/** Last fields by number: of a field that is written twice the last one counts. */
function fields(bytes: Uint8Array): ReadonlyMap<number, bigint | Uint8Array> {
  const out = new Map<number, bigint | Uint8Array>()
  for (const { number, value } of readFields(bytes)) out.set(number, value)
  return out
}

function integer(value: bigint | Uint8Array | undefined): bigint {
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) : 0n
}

function textOf(value: bigint | Uint8Array | undefined): string {
  return value instanceof Uint8Array ? utf8.decode(value) : ''
}

/** Seconds and nanoseconds since 1970; no fields at all is the time that is not set. */
function time(bytes: Uint8Array, digits: number): string | null {
  if (bytes.length === 0) return null
  const parts = fields(bytes)
  const seconds = Number(integer(parts.get(1)))
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) throw new WireError('time out of range')
  const whole = date.toISOString().slice(0, 19)
  if (digits === 0) return `${whole}Z`
  return `${whole}.${String(integer(parts.get(2)))
    .padStart(9, '0')
    .slice(0, digits)}Z`
}

/** Nanoseconds as Go writes a duration: `1h30m0s`, `1.5s`, `20ms`. */
function duration(bytes: Uint8Array): string {
  const total = integer(fields(bytes).get(1))
  const nanos = total < 0n ? -total : total
  const sign = total < 0n ? '-' : ''
  if (nanos === 0n) return '0s'
  if (nanos < 1_000_000_000n) return sign + smallDuration(nanos)
  const seconds = nanos / 1_000_000_000n
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const tail = `${seconds % 60n}${fraction === '' ? '' : `.${fraction}`}s`
  const minutes = seconds / 60n
  if (minutes === 0n) return sign + tail
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${tail}` : `${sign}${hours}h${minutes % 60n}m${tail}`
}

function smallDuration(nanos: bigint): string {
  if (nanos < 1000n) return `${nanos}ns`
  const value = Number(nanos)
  return nanos < 1_000_000n ? `${value / 1000}µs` : `${value / 1_000_000}ms`
}

function intOrString(bytes: Uint8Array): unknown {
  const parts = fields(bytes)
  return integer(parts.get(1)) === 0n ? Number(integer(parts.get(2))) : textOf(parts.get(3))
}

function quantity(bytes: Uint8Array): string {
  const written = textOf(fields(bytes).get(1))
  return written === '' ? '0' : written
}

/** An embedded object as JSON, or in the same envelope as a body. */
function raw(bytes: Uint8Array, nested: Nested): unknown {
  const value = fields(bytes).get(1)
  if (!(value instanceof Uint8Array) || value.length === 0) return null
  if (value[0] === 0x6b && value[3] === 0) return nested('', value)
  return json(value)
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    throw new WireError(`embedded JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function items(bytes: Uint8Array): string[] {
  return [...readFields(bytes)].map(({ value }) => textOf(value))
}

const schemaType = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

function schemaOr(bytes: Uint8Array, nested: Nested, or: (parts: ReturnType<typeof fields>) => unknown): unknown {
  const parts = fields(bytes)
  const schema = parts.get(parts.get(2) instanceof Uint8Array && typeof parts.get(1) === 'bigint' ? 2 : 1)
  return schema instanceof Uint8Array ? nested(schemaType, schema) : or(parts)
}

/** `schema` is field 1, the list of others field 2. */
function schemaOrList(each: (value: Uint8Array, nested: Nested) => unknown): Special {
  return (bytes, nested) => {
    const all = [...readFields(bytes)]
    const schema = all.find(({ number }) => number === 1)?.value
    if (schema instanceof Uint8Array) return nested(schemaType, schema)
    return all.flatMap(({ number, value }) =>
      number === 2 && value instanceof Uint8Array ? [each(value, nested)] : [],
    )
  }
}

const extensions = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.'

const byType: Readonly<Record<string, Special>> = {
  [`${meta}Time`]: (bytes) => time(bytes, 0),
  [`${meta}MicroTime`]: (bytes) => time(bytes, 6),
  [`${meta}Duration`]: duration,
  [`${meta}FieldsV1`]: raw,
  'k8s.io.apimachinery.pkg.api.resource.Quantity': quantity,
  'k8s.io.apimachinery.pkg.api.resource.QuantityValue': quantity,
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': intOrString,
  'k8s.io.apimachinery.pkg.runtime.RawExtension': raw,
  [`${extensions}JSON`]: raw,
  [`${extensions}JSONSchemaPropsOrArray`]: schemaOrList((value, nested) => nested(schemaType, value)),
  [`${extensions}JSONSchemaPropsOrStringArray`]: schemaOrList(textOf),
  [`${extensions}JSONSchemaPropsOrBool`]: (bytes, nested) =>
    schemaOr(bytes, nested, (parts) => integer(parts.get(1)) !== 0n),
}

/** How a type with a JSON form of its own is read; undefined for the others. */
export function specialType(type: string): Special | undefined {
  if (Object.hasOwn(byType, type)) return byType[type]
  return /\.(ExtraValue|AttestationValue|Verbs)$/.test(type) ? items : undefined
}
