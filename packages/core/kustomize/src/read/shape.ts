import { buildFailure } from '../build-failure.ts'

/**
 * Kustomization files are read strictly; in the configuration of plugins unknown fields and unquoted strings pass. That of
 * some plugins is read by another library, for which it is `loose`: there strings pass that `innerString` refuses.
 */
export type Strictness = 'strict' | 'lenient' | 'loose'

/** Reads a JSON value of one form; undefined when it is absent or null. `path` names it in messages. */
export type Shape<T> = (value: unknown, path: string, strictness?: Strictness) => T | undefined

function mismatch(value: unknown, path: string, wanted: string): never {
  throw buildFailure('kustomize-invalid', `cannot unmarshal ${typeName(value)} into field ${path} of type ${wanted}`)
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'bigint' ? 'number' : typeof value
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

export const string: Shape<string> = (value, path, strictness) => {
  if (isAbsent(value)) return undefined
  if (typeof value === 'string') return value
  const isLenient = strictness === 'lenient' || strictness === 'loose'
  if (isLenient && (typeof value === 'number' || typeof value === 'boolean')) return String(value)
  return mismatch(value, path, 'string')
}

/** A string in a structure that Go embeds in another: the library that reads it leniently does not look in there. */
export const innerString: Shape<string> = (value, path, strictness) =>
  string(value, path, strictness === 'loose' ? 'loose' : 'strict')

export const boolean: Shape<boolean> = (value, path) => {
  if (isAbsent(value)) return undefined
  return typeof value === 'boolean' ? value : mismatch(value, path, 'bool')
}

export const integer: Shape<number> = (value, path) => {
  if (isAbsent(value)) return undefined
  return typeof value === 'number' && Number.isInteger(value) ? value : mismatch(value, path, 'int')
}

/** A list whose absent members are kept as what `fallback` says. */
export function list<T>(shape: Shape<T>, fallback: T): Shape<readonly T[]> {
  return (value, path, strictness) => {
    if (isAbsent(value)) return undefined
    if (!Array.isArray(value)) return mismatch(value, path, 'list')
    return value.map((item, index) => shape(item, `${path}[${index}]`, strictness) ?? fallback)
  }
}

/** A map of strings. */
export const strings: Shape<Readonly<Record<string, string>>> = (value, path, strictness) => {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, path, 'map[string]string')
  const result: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [key, item] of Object.entries(value)) result[key] = string(item, `${path}.${key}`, strictness) ?? ''
  return result
}

/** A map of anything. */
export const object: Shape<Readonly<Record<string, unknown>>> = (value, path) => {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, path, 'map')
  return value as Readonly<Record<string, unknown>>
}

export type Fields<T> = { readonly [K in keyof T]-?: Shape<NonNullable<T[K]>> }

/** An object with known fields; names are matched as Go's JSON does, whatever their case. Unknown ones are refused. */
export function record<T extends object>(fields: Fields<T>): Shape<T> {
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name as keyof T & string]))
  return (value, path, strictness) => {
    if (isAbsent(value)) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, path, 'object')
    const result: Partial<T> = {}
    for (const [key, item] of Object.entries(value)) {
      const name = Object.hasOwn(fields, key) ? (key as keyof T & string) : names.get(key.toLowerCase())
      if (name === undefined) {
        if (strictness === 'lenient' || strictness === 'loose') continue
        throw buildFailure('kustomize-invalid', `unknown field "${key}"${path === '' ? '' : ` in ${path}`}`)
      }
      const read = fields[name](item, path === '' ? name : `${path}.${name}`, strictness)
      if (read !== undefined) result[name] = read
    }
    return result as T
  }
}
