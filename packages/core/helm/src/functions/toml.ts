import { compareBytewise, FunctionError, GoFunction, type GoValue } from '@kedge/gotemplate'
import { parse } from 'smol-toml'
import { fromPlain, toPlain } from './plain-value.ts'

/** Helm's TOML functions. */
export const tomlFunctions: Readonly<Record<string, GoFunction>> = {
  toToml: new GoFunction({ params: ['any'] }, ([value]) => toToml(value)),
  mustToToml: new GoFunction({ params: ['any'] }, ([value]) => toToml(value)),
  fromToml: new GoFunction({ params: ['string'] }, ([text]) => fromToml(text as string)),
}

function toToml(value: GoValue): string {
  const plain = toPlain(value)
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain))
    return 'toml: top-level values must be Go maps or structs'
  return printTable(plain as Record<string, unknown>, [])
}

function fromToml(text: string): GoValue {
  try {
    return fromPlain(parse(text))
  } catch (error) {
    const map = Object.create(null) as Record<string, GoValue>
    map['Error'] = error instanceof Error ? error.message : String(error)
    return map
  }
}

/** BurntSushi's form: plain keys first, then tables, nested ones indented by two. */
function printTable(table: Readonly<Record<string, unknown>>, path: readonly string[]): string {
  const keys = Object.keys(table).toSorted(compareBytewise)
  const margin = '  '.repeat(Math.max(0, path.length - 0))
  const plain = keys.filter((key) => !isTable(table[key]) && !isTableList(table[key]) && table[key] !== null)
  let out = plain.map((key) => `${margin}${printKey(key)} = ${printInline(table[key])}\n`).join('')
  for (const key of keys) {
    const value = table[key]
    const below = [...path, key]
    const head = below.map(printKey).join('.')
    if (isTable(value))
      out += `${out === '' && path.length === 0 ? '' : path.length === 0 ? '\n' : ''}${margin}[${head}]\n${printTable(value, below)}`
    else if (isTableList(value))
      out += value.map((item) => `\n${margin}[[${head}]]\n${printTable(item, below)}`).join('')
  }
  return out
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTableList(value: unknown): value is readonly Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable)
}

function printKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : printText(key)
}

function printInline(value: unknown): string {
  if (typeof value === 'string') return printText(value)
  if (typeof value === 'number') return printFloat(value)
  if (Array.isArray(value)) return `[${value.map(printInline).join(', ')}]`
  if (isTable(value))
    return `{${Object.keys(value)
      .toSorted(compareBytewise)
      .map((key) => `${printKey(key)} = ${printInline(value[key])}`)
      .join(', ')}}`
  if (value === null) throw new FunctionError('toml: cannot encode array with nil element')
  return String(value as boolean | bigint)
}

function printFloat(value: number): string {
  const text = String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

function printText(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`)
}
