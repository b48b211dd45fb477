import { Emitter } from './emitter.ts'
import { fitsGoInteger, formatGoFloat } from './go-number.ts'
import { throughJson } from './through-json.ts'
import { compareKeys, sortKeys } from './natural-order.ts'
import { isSimpleString, isSimpleWord } from './scalar-shape.ts'
import { styleOfString } from './string-style.ts'

/** Lines of printed YAML break at blanks past this column. */
export const PRINT_WIDTH = 80
/** Keys longer than this many bytes are written in the `? key` form. */
export const MAX_SIMPLE_KEY = 128

/** A number as it appears in the output: integers in full, others as Go's `%g`. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === 'bigint') return fitsGoInteger(value) ? String(value) : formatGoFloat(Number(value))
  if (Object.is(value, -0)) return '0'
  if (Number.isInteger(value)) {
    if (Number.isSafeInteger(value)) return String(value)
    const text = String(value)
    // From 1e21 on JSON has an exponent; below that it is digits, which are an integer as long as 64 bits hold it.
    return text.includes('e') || !fitsGoInteger(BigInt(text)) ? formatGoFloat(value) : text
  }
  return formatGoFloat(value)
}

/** Writes a string in block context; keys never fold. */
export function writeString(emitter: Emitter, text: string, place: { isKey: boolean; indent: number }): void {
  if (emitter.column + text.length < PRINT_WIDTH && (isSimpleString(text) || isSimpleWord(text)))
    emitter.writeSimple(text)
  else
    emitter.writeScalar(text, { style: styleOfString(text), isKey: place.isKey, inFlow: false, indent: place.indent })
}

/** Whether a key fits on a `key: value` line. */
export function isSimpleKey(text: string): boolean {
  if (text.length <= MAX_SIMPLE_KEY / 3) return !/[\n\r\x85\u2028\u2029]/.test(text)
  return new TextEncoder().encode(text).length <= MAX_SIMPLE_KEY && !/[\n\r\x85\u2028\u2029]/.test(text)
}

/** Writes a key and its colon. */
export function writeKey(emitter: Emitter, text: string, indent: number): void {
  emitter.writeIndent(indent)
  if (isSimpleKey(text)) {
    writeString(emitter, text, { isKey: true, indent: indent + 2 })
    emitter.writeIndicator(':', false, false)
    return
  }
  emitter.writeIndicator('?', true, true)
  writeString(emitter, text, { isKey: false, indent: indent + 2 })
  emitter.writeIndent(indent)
  emitter.writeIndicator(':', true, true)
}

/**
 * Prints a JSON value as `sigs.k8s.io/yaml` prints it: keys in natural order or the one given, sequences not indented
 * inside maps, lines folded at 80 columns. Undefined values are left out. Ends with a line feed.
 */
export function printYaml(value: unknown, compare: (a: string, b: string) => number = compareKeys): string {
  const emitter = new Emitter(PRINT_WIDTH)
  writeValue(emitter, value, { indent: -1, inMap: false, compare })
  emitter.writeIndent(0)
  return emitter.out
}

/** The indentation of the collection around a value, -1 at the top, whether that is a map, and the order of keys. */
interface Around {
  readonly indent: number
  readonly inMap: boolean
  readonly compare: (a: string, b: string) => number
}

function writeValue(emitter: Emitter, value: unknown, around: Around): void {
  if (typeof value === 'string') {
    return writeString(emitter, throughJson(value), { isKey: false, indent: around.indent < 0 ? 2 : around.indent + 2 })
  }
  if (Array.isArray(value)) return writeArray(emitter, value, around)
  if (typeof value === 'object' && value !== null) return writeObject(emitter, value, around)
  emitter.writeSimple(formatAtom(value))
}

function formatAtom(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return formatNumber(value)
  return typeof value === 'boolean' ? String(value) : 'null'
}

function writeArray(emitter: Emitter, items: readonly unknown[], around: Around): void {
  if (items.length === 0) return emitter.writeIndicator('[]', true, false)
  const isCompact = around.inMap && !emitter.atIndention
  const indent = around.indent < 0 ? 0 : around.indent + (isCompact ? 0 : 2)
  const inside = { indent, inMap: false, compare: around.compare }
  for (const item of items) {
    emitter.writeIndent(indent)
    emitter.writeIndicator('-', true, true)
    writeValue(emitter, item, inside)
  }
}

function writeObject(emitter: Emitter, object: object, around: Around): void {
  const fields = object as Readonly<Record<string, unknown>>
  const keys = Object.keys(fields)
  if (keys.every((key) => fields[key] === undefined)) return emitter.writeIndicator('{}', true, false)
  const indent = around.indent < 0 ? 0 : around.indent + 2
  const inside = { indent, inMap: true, compare: around.compare }
  for (const key of sortKeys(keys, around.compare)) {
    if (fields[key] === undefined) continue
    writeKey(emitter, throughJson(key), indent)
    writeValue(emitter, fields[key], inside)
  }
}
