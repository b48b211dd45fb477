import { Emitter } from './emitter.ts'
import { formatGoFloat } from './go-number.ts'
import { compareKeysV3, sortKeys } from './natural-order.ts'
import type { ScalarStyle } from './node.ts'
import { isSimpleKey } from './print-value.ts'
import { resolvePlain } from './resolve.ts'
import { isBase60 } from './string-style.ts'

const noWidth = 2 ** 30
const oldBooleans = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/

/** A text that stands without quotes whatever it says, as the times of Go do. */
export class PlainText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Prints a JSON value, which may hold plain texts, as yaml.v3 does with an indentation of two: lists inside maps are indented, lines are not
 * folded, floats are in Go's shortest form and bigints in full. Ends with a line feed.
 */
export function printYamlPretty(value: unknown): string {
  const emitter = new Emitter(noWidth, 'v3')
  write(emitter, value, -2)
  emitter.writeIndent(0)
  return emitter.out
}

/** `around` is the indentation of the collection that the value stands in. */
function write(emitter: Emitter, value: unknown, around: number): void {
  if (typeof value === 'string') {
    emitter.writeScalar(value, { style: styleOf(value), isKey: false, inFlow: false, indent: Math.max(around, 0) + 2 })
  } else if (value instanceof PlainText) emitter.writeSimple(value.text)
  else if (Array.isArray(value)) writeList(emitter, value, around + 2)
  else if (typeof value === 'object' && value !== null) writeMap(emitter, value, around + 2)
  else if (typeof value === 'number') emitter.writeSimple(formatGoFloat(value))
  else emitter.writeSimple(typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : 'null')
}

function styleOf(text: string): ScalarStyle {
  if (text.includes('\n')) return 'literal'
  const isPlain = resolvePlain(text, 'v3').type === 'str' && !isBase60(text) && !oldBooleans.test(text)
  return isPlain ? 'plain' : 'double'
}

function writeList(emitter: Emitter, items: readonly unknown[], indent: number): void {
  if (items.length === 0) return emitter.writeIndicator('[]', true, false)
  for (const item of items) {
    emitter.writeIndent(indent)
    emitter.writeIndicator('-', true, true)
    write(emitter, item, indent)
  }
}

function writeMap(emitter: Emitter, map: object, indent: number): void {
  const fields = map as Readonly<Record<string, unknown>>
  const keys = sortKeys(Object.keys(fields), compareKeysV3)
  if (keys.length === 0) return emitter.writeIndicator('{}', true, false)
  for (const key of keys) {
    emitter.writeIndent(indent)
    const isSimple = isSimpleKey(key)
    if (!isSimple) emitter.writeIndicator('?', true, true)
    emitter.writeScalar(key, { style: styleOf(key), isKey: isSimple, inFlow: false, indent: indent + 2 })
    if (!isSimple) emitter.writeIndent(indent)
    emitter.writeIndicator(':', !isSimple, !isSimple)
    write(emitter, fields[key], indent)
  }
}
