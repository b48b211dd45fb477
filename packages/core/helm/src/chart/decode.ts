import { formatFloat } from '@kedge/gotemplate'
import { isValueMap, type ValueMap } from '../values/paths.ts'
import { chartError } from './chart-error.ts'
import { parseDocument } from './parse-document.ts'

/** What a decoder was decoding, for its complaint: `Metadata.name`. */
type Field = string

/** The first document of a text as sigs.k8s.io/yaml reads it into a struct, which may have these fields only; undefined when it is empty. */
export function decodeDocument(text: string, type: string, fields?: readonly string[]): ValueMap | undefined {
  const value = parseDocument(text, fields)
  if (value === null || value === undefined) return undefined
  if (isValueMap(value)) return value
  throw mismatch(value, `Go value of type ${type}`)
}

/** A text field: numbers and booleans become texts, as sigs.k8s.io/yaml makes them where a text is wanted. */
export function decodeText(value: unknown, field: Field): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : formatFloat(value, 'g', -1)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw mismatch(value, `Go struct field ${field} of type string`)
}

/** A yes-or-no field. */
export function decodeBoolean(value: unknown, field: Field): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  throw mismatch(value, `Go struct field ${field} of type bool`)
}

/** A list field, each item decoded; `of` names its items' type in Go. */
export function decodeList<T>(
  value: unknown,
  { field, of }: { readonly field: Field; readonly of: string },
  item: (one: unknown) => T,
): readonly T[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.map(item)
  throw mismatch(value, `Go struct field ${field} of type []${of}`)
}

/** A field that maps texts to texts; undefined without it. */
export function decodeTextMap(value: unknown, field: Field): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isValueMap(value)) throw mismatch(value, `Go struct field ${field} of type map[string]string`)
  const map = Object.create(null) as Record<string, string>
  for (const [key, one] of Object.entries(value)) map[key] = decodeText(one, field)
  return map
}

/** encoding/json's complaint about a value of the wrong kind. */
export function mismatch(value: unknown, target: string): Error {
  return chartError(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into ${target}`,
  )
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (isValueMap(value)) return 'object'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'number'
}
