import { sha256Hex, type Sha256 } from '@kedge/tree'

/** JSON with sorted keys: equal values give equal text. Fields that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  const fields: string[] = []
  for (const name of Object.keys(value).toSorted()) {
    const field: unknown = (value as Readonly<Record<string, unknown>>)[name]
    if (field !== undefined) fields.push(`${JSON.stringify(name)}:${canonicalJson(field)}`)
  }
  return `{${fields.join(',')}}`
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
