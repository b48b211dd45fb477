import { formatNumber } from '@kedge/yaml'
import { sortedKeys } from './node-access.ts'

/** JSON as Go writes it: keys in byte order, `<`, `>`, `&` and the line separators escaped. */
export function goJson(value: unknown, indent = ''): string {
  return write(value, { indent, newline: indent === '' ? '' : '\n' })
}

interface Layout {
  readonly indent: string
  readonly newline: string
}

function write(value: unknown, layout: Layout): string {
  if (typeof value === 'string') return goString(value)
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(value)
  if (typeof value === 'boolean') return String(value)
  if (value === null || value === undefined) return 'null'
  const inner = { indent: layout.indent, newline: layout.newline === '' ? '' : layout.newline + layout.indent }
  if (Array.isArray(value)) {
    return enclose(
      '[]',
      value.map((item) => write(item, inner)),
      { layout, inner },
    )
  }
  const object = value as Readonly<Record<string, unknown>>
  const colon = layout.newline === '' ? ':' : ': '
  const fields = sortedKeys(object).map((key) => `${goString(key)}${colon}${write(object[key], inner)}`)
  return enclose('{}', fields, { layout, inner })
}

function enclose(
  brackets: string,
  parts: readonly string[],
  { layout, inner }: { layout: Layout; inner: Layout },
): string {
  if (parts.length === 0) return brackets
  return `${brackets[0]}${inner.newline}${parts.join(`,${inner.newline}`)}${layout.newline}${brackets[1]}`
}

function goNumber(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isInteger(value)) return formatNumber(value).replace(/^-0$/, '0')
  return String(value)
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** A JSON string as Go writes it. */
export function goString(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)
}
