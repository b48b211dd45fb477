import {
  FunctionError,
  GoComplex,
  GoFunction,
  GoInt,
  compareBytewise,
  formatFloat,
  goObject,
  int64,
  isGoObject,
  isList,
  isMap,
  parseTime,
  timeObject,
  type GoMap,
  type GoValue,
} from '@kedge/gotemplate'
import { TomlDate, TomlError, parse } from 'smol-toml'
import { fromPlain } from './plain-value.ts'

/** Helm's TOML functions, in BurntSushi's form. */
export const tomlFunctions: Readonly<Record<string, GoFunction>> = {
  toToml: new GoFunction({ params: ['any'] }, (value) => toToml(value)),
  mustToToml: new GoFunction({ params: ['any'] }, (value) => encode(value)),
  fromToml: new GoFunction({ params: ['string'] }, (text) => fromToml(text as string)),
}

/** What goes wrong is the text that comes out. */
function toToml(value: GoValue): string {
  try {
    return encode(value)
  } catch (error) {
    if (error instanceof FunctionError && !error.message.startsWith('reflect:')) return error.message
    throw error
  }
}

function fromToml(text: string): GoValue {
  try {
    return plainToml(parse(text, { integersAsBigInt: true }))
  } catch (error) {
    if (!(error instanceof TomlError || error instanceof FunctionError)) throw error
    const map = Object.create(null) as Record<string, GoValue>
    map['Error'] = error instanceof TomlError ? complaint(error) : `toml: ${error.message}`
    return map
  }
}

function complaint(error: TomlError): string {
  const reason = error.message.split('\n')[0] ?? ''
  const text = reason.includes('cannot find end of key')
    ? "unexpected EOF; expected key separator '='"
    : reason.replace(/^Invalid TOML document: /, '')
  return `toml: line ${error.line}: ${text}`
}

/** TOML's integers are int64 in Go, and its dates times. */
function plainToml(value: unknown): GoValue {
  if (value instanceof TomlDate) return timeOf(value)
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) throw new FunctionError(`${value} is out of range for int64`)
    return int64(value)
  }
  if (Array.isArray(value)) return value.map(plainToml)
  if (typeof value !== 'object' || value === null) return fromPlain(value)
  const map = Object.create(null) as Record<string, GoValue>
  for (const [key, item] of Object.entries(value)) map[key] = plainToml(item)
  return map
}

/** BurntSushi names the zone of a time that has none after what is there of it. */
function timeOf(date: TomlDate): GoValue {
  const text = date.toISOString()
  const local = date.isDate() ? 'date-local' : date.isTime() ? 'time-local' : date.isLocal() ? 'datetime-local' : ''
  const day = date.isTime() ? '0000-01-01T' : ''
  const parsed = parseTime(goLayout, `${day}${text}${date.isDate() ? 'T00:00:00' : ''}${local === '' ? '' : 'Z'}`)
  if (parsed.kind === 'problem') return text
  return timeObject(
    local === '' ? parsed.moment : { ...parsed.moment, zone: { abbreviation: local, offsetSeconds: 0 } },
  )
}

const goLayout = '2006-01-02T15:04:05Z07:00'

interface Entry {
  readonly key: string
  readonly value: GoValue
}

function encode(value: GoValue): string {
  const plain = bare(value)
  if (plain === null || plain === undefined)
    throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  return new Encoder().run(plain)
}

function bare(value: GoValue): GoValue {
  return isGoObject(value) ? (value[goObject].underlying ?? value[goObject].print?.() ?? null) : value
}

class Encoder {
  #out = ''

  run(value: GoValue): string {
    if (isMap(value)) this.#table(value, [])
    else this.#out += inline(value)
    return this.#out
  }

  /** Plain keys first, then tables, each kind in order. */
  #table(map: GoMap, path: readonly string[]): void {
    const entries = Object.keys(map)
      .toSorted(compareBytewise)
      .map((key): Entry => ({ key, value: bare(map[key]) }))
      .filter(({ value }) => value !== null && value !== undefined)
    const margin = '  '.repeat(path.length)
    for (const { key, value } of entries) {
      if (!isTable(value)) this.#out += `${margin}${printKey(key)} = ${inline(value)}\n`
    }
    for (const { key, value } of entries) {
      if (isMap(value)) this.#subtable(value, [...path, key])
      else if (isList(value) && isTable(value)) this.#tables(value, [...path, key])
    }
  }

  #subtable(map: GoMap, path: readonly string[]): void {
    // Only tables at the top have an empty line before them.
    if (path.length === 1) this.#newline()
    this.#out += `${'  '.repeat(path.length - 1)}[${path.map(printKey).join('.')}]\n`
    this.#table(map, path)
  }

  #tables(list: readonly GoValue[], path: readonly string[]): void {
    for (const item of list) {
      this.#newline()
      this.#out += `${'  '.repeat(path.length - 1)}[[${path.map(printKey).join('.')}]]\n`
      const table = bare(item)
      if (isMap(table)) this.#table(table, path)
    }
  }

  #newline(): void {
    if (this.#out !== '') this.#out += '\n'
  }
}

/** Whether a value becomes a table of its own: a map, or a list of maps. */
function isTable(value: GoValue): boolean {
  return isMap(value) || (isList(value) && value.length > 0 && value.every((item) => isMap(bare(item))))
}

function printKey(key: string): string {
  return key !== '' && /^[A-Za-z0-9_-]+$/.test(key) ? key : printText(key)
}

function inline(value: GoValue): string {
  if (typeof value === 'string') return printText(value)
  if (typeof value === 'number') return printFloat(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof GoInt) return value.value.toString()
  if (isList(value)) {
    if (value.some((item) => item === null || item === undefined))
      throw new FunctionError('toml: cannot encode array with nil element')
    return `[${value.map((item) => inline(bare(item))).join(', ')}]`
  }
  if (value instanceof GoComplex) throw new FunctionError('unsupported type: complex128')
  if (!isMap(value)) throw new FunctionError('unsupported type for key')
  const keys = Object.keys(value).toSorted(compareBytewise)
  return `{${keys.map((key) => `${printKey(key)} = ${inline(bare(value[key]))}`).join(', ')}}`
}

function printFloat(value: number): string {
  const text = formatFloat(value, 'g', -1)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const escapes: Readonly<Record<string, string>> = {
  '\b': String.raw`\b`,
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\f': String.raw`\f`,
  '\r': String.raw`\r`,
  '"': String.raw`\"`,
  '\\': '\\\\',
}

function printText(value: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is escaped
  const body = value.replaceAll(/["\\\u0000-\u001f\u007f]/g, (char) => {
    const known = escapes[char]
    return known ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${body}"`
}
