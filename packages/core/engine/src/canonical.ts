import { sha256Hex, type Sha256 } from '@kedge/tree'

/** JSON with its keys in one order: equal values give equal text. Fields that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOneOrder(value)) ?? 'null'
}

/** A copy to print: the platform prints one twice as fast as anything that puts the text together itself. */
function inOneOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => inOneOrder(item))
  const source = value as Readonly<Record<string, unknown>>
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(source).toSorted()) {
    const field = inOneOrder(source[name])
    // Assigned, this one name would set the copy's prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: field, enumerable: true })
    else copy[name] = field
  }
  return copy
}

let sha256: Sha256 = sha256Hex
const encoder = new TextEncoder()

/** Hands in the host's SHA-256. The digests are the same and come ten times sooner; without it a portable one is used. */
export function useHostSha256(host: Sha256): void {
  sha256 = host
}

/** `sha256:<hex>` of a value's canonical JSON. */
export function digestOf(value: unknown): string {
  return digestText(canonicalJson(value))
}

/** `sha256:<hex>` of a text in UTF-8. */
export function digestText(text: string): string {
  return `sha256:${sha256(encoder.encode(text))}`
}

/** Whether two values are equal as JSON, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (Array.isArray(b)) return false
  const left = Object.entries(a).filter(([, value]) => value !== undefined)
  const right = b as Readonly<Record<string, unknown>>
  const size = Object.values(b).filter((value) => value !== undefined).length
  return left.length === size && left.every(([name, value]) => sameJson(value, right[name]))
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
