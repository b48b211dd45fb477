import { compareBytewise } from '@kedge/gotemplate'

/** What encoding/json can print: a Map is a struct and keeps its order, an object is a map and is sorted. */
export type GoJson =
  | null
  | boolean
  | number
  | string
  | readonly GoJson[]
  | ReadonlyMap<string, GoJson>
  | { readonly [key: string]: GoJson }

/** A value as Go's encoding/json prints it: map keys in byte order, `<`, `>` and `&` escaped, no blanks. */
export function printGoJson(value: GoJson): string {
  if (typeof value === 'string') return printText(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : JSON.stringify(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(printGoJson).join(',')}]`
  const entries = isStruct(value)
    ? [...value]
    : Object.entries(value).toSorted(([left], [right]) => compareBytewise(left, right))
  return `{${entries.map(([key, item]) => `${printText(key)}:${printGoJson(item)}`).join(',')}}`
}

/** The same value with structs as plain objects, for printers that sort. */
export function plainJson(value: GoJson): unknown {
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(plainJson)
  const plain = Object.create(null) as Record<string, unknown>
  for (const [key, item] of isStruct(value) ? value : Object.entries(value)) plain[key] = plainJson(item)
  return plain
}

function isList(value: object): value is readonly GoJson[] {
  return Array.isArray(value)
}

function isStruct(value: object): value is ReadonlyMap<string, GoJson> {
  return value instanceof Map
}

function printText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
