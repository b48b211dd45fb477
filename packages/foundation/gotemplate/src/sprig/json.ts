import { FunctionError } from '../exec/function-error.ts'
import {
  GoInt,
  encodedOf,
  isGoObject,
  goObject,
  isList,
  isMap,
  isNilContainer,
  typeName,
  compareBytewise,
  type GoFunction,
  type GoMap,
  type GoValue,
} from '../value/go-value.ts'
import { formatFloat } from '../format/float.ts'
import { decodeJson } from './decode-json.ts'
import { fixed, text } from './signature.ts'

/** sprig's JSON, in encoding/json's form. */
export const jsonFunctions: Readonly<Record<string, GoFunction>> = {
  toJson: fixed(['any'], (value) => orEmpty(() => writeJson(value, { escapeHtml: true }))),
  mustToJson: fixed(['any'], (value) => writeJson(value, { escapeHtml: true })),
  toRawJson: fixed(['any'], (value) => writeJson(value, { escapeHtml: false })),
  mustToRawJson: fixed(['any'], (value) => writeJson(value, { escapeHtml: false })),
  toPrettyJson: fixed(['any'], (value) => orEmpty(() => writeJson(value, { escapeHtml: true, indent: '  ' }))),
  mustToPrettyJson: fixed(['any'], (value) => writeJson(value, { escapeHtml: true, indent: '  ' })),
  fromJson: fixed(['string'], (value) => decodeJson(text(value)).value),
  mustFromJson: fixed(['string'], (value) => readJson(text(value))),
}

/** The plain forms give nothing where the must… forms fail. */
function orEmpty(write: () => string): string {
  try {
    return write()
  } catch (error) {
    if (error instanceof FunctionError) return ''
    throw error
  }
}

function readJson(json: string): GoValue {
  const { value, problem } = decodeJson(json)
  if (problem === undefined) return value
  throw new FunctionError(problem)
}

export interface JsonStyle {
  readonly escapeHtml: boolean
  readonly indent?: string
}

/** A value as Go's encoding/json writes it: keys sorted, no blanks unless indented. */
export function writeJson(value: GoValue, style: JsonStyle, margin = '\n'): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return jsonNumber(value)
  if (value instanceof GoInt) return value.value.toString()
  if (typeof value === 'string') return jsonText(value, style.escapeHtml)
  if (isGoObject(value)) {
    const shape = value[goObject]
    const fields = shape.json ?? shape.fields
    return fields === undefined
      ? writeJson(encodedOf(shape), style, margin)
      : writeMap(fields, Object.keys(fields), { style, margin })
  }
  return isNilContainer(value) ? 'null' : writeContainer(value, style, margin)
}

function writeContainer(value: GoValue, style: JsonStyle, margin: string): string {
  const inner = style.indent === undefined ? '' : margin + style.indent
  const close = style.indent === undefined ? '' : margin
  if (isList(value) && typeName(value) === '[]uint8') return jsonText(bytesInBase64(value), style.escapeHtml)
  if (isList(value))
    return value.length === 0
      ? '[]'
      : `[${value.map((item) => inner + writeJson(item, style, inner)).join(',')}${close}]`
  if (!isMap(value)) throw new FunctionError(`json: unsupported type: ${typeName(value)}`)
  return writeMap(value, Object.keys(value).toSorted(compareBytewise), { style, margin })
}

/** encoding/json writes []byte in base64. */
export function bytesInBase64(bytes: readonly GoValue[]): string {
  return btoa(bytes.map((byte) => String.fromCharCode(byte instanceof GoInt ? Number(byte.value) : 0)).join(''))
}

/** A map with its keys in the given order: structs keep that of their fields. */
function writeMap(
  map: GoMap,
  keys: readonly string[],
  { style, margin }: { readonly style: JsonStyle; readonly margin: string },
): string {
  if (keys.length === 0) return '{}'
  const inner = style.indent === undefined ? '' : margin + style.indent
  const close = style.indent === undefined ? '' : margin
  const colon = style.indent === undefined ? ':' : ': '
  const entries = keys.map(
    (key) => `${inner}${jsonText(key, style.escapeHtml)}${colon}${writeJson(map[key], style, inner)}`,
  )
  return `{${entries.join(',')}${close}}`
}

/** encoding/json's floats: plain between 1e-6 and 1e21, else with an exponent without a leading zero. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new FunctionError(`json: unsupported value: ${formatFloat(value, 'g', -1)}`)
  const magnitude = Math.abs(value)
  if (value !== 0 && (magnitude < 1e-6 || magnitude >= 1e21))
    return formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1')
  return formatFloat(value, 'f', -1)
}

/** Texts that JSON holds as they are. */
const needsNothing = /^[ !#-%'-;=?-[\]-~\u00a0-\u2027\u202a-\ud7ff]*$/

function jsonText(value: string, escapeHtml: boolean): string {
  if (needsNothing.test(value)) return `"${value}"`
  const quoted = quotedText(value)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
  return escapeHtml
    ? quoted
        .replaceAll('<', String.raw`\u003c`)
        .replaceAll('>', String.raw`\u003e`)
        .replaceAll('&', String.raw`\u0026`)
    : quoted
}

/** Bytes that are no UTF-8 are told from a U+FFFD that was there. */
function quotedText(value: string): string {
  if (value.isWellFormed()) return JSON.stringify(value)
  const pieces = value.split(/\p{Surrogate}/u).map((piece) => JSON.stringify(piece).slice(1, -1))
  return `"${pieces.join(String.raw`\ufffd`)}"`
}
