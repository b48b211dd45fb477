/**
 * One step of a field path, in the notation of FieldsV1: `f:<name>` a field, `k:<json object>` a list item by its keys,
 * `v:<json scalar>` an item of a set, `i:<index>` an item by position. Keys inside `k:` are sorted, so equal steps are
 * equal strings.
 */
export type PathElement = string

/** Steps from the root of an object to a field. */
export type FieldPath = readonly PathElement[]

/** The step to a field of an object. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

/** The step to the list item whose key fields have these values. */
export function keyElement(keys: Readonly<Record<string, unknown>>): PathElement {
  const sorted = Object.keys(keys)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`)
  return `k:{${sorted.join(',')}}`
}

/** The step to the item of a set that has this value. */
export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`
}

/** The step to a list item by position, counted from 0. */
export function indexElement(index: number): PathElement {
  return `i:${index}`
}

/** A step taken apart. */
export type ParsedElement =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'key'; readonly keys: Readonly<Record<string, unknown>> }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'index'; readonly index: number }

/** Takes a step apart; undefined where it is none. */
export function parseElement(element: string): ParsedElement | undefined {
  const rest = element.slice(2)
  switch (element.slice(0, 2)) {
    case 'f:':
      return { kind: 'field', name: rest }
    case 'k:': {
      const keys = parseJson(rest)
      return isRecord(keys) ? { kind: 'key', keys } : undefined
    }
    case 'v:': {
      const value = parseJson(rest)
      return value === undefined ? undefined : { kind: 'value', value }
    }
    case 'i:':
      return /^\d+$/.test(rest) ? { kind: 'index', index: Number(rest) } : undefined
    default:
      return undefined
  }
}

/** The step in the one form that compares equal; undefined where it is none. */
export function canonicalElement(element: string): PathElement | undefined {
  if (element.startsWith('f:')) return element
  const parsed = parseElement(element)
  if (parsed === undefined) return undefined
  if (parsed.kind === 'key') return keyElement(parsed.keys)
  return parsed.kind === 'value' ? valueElement(parsed.value) : element
}

/** A path as Kubernetes prints it in conflicts: `.spec.ports[port=80,protocol="TCP"].name`. */
export function formatPath(path: FieldPath): string {
  return path.map(formatElement).join('')
}

function formatElement(element: PathElement): string {
  const parsed = parseElement(element)
  switch (parsed?.kind) {
    case 'field':
      return `.${parsed.name}`
    case 'key':
      return `[${Object.keys(parsed.keys)
        .toSorted()
        .map((name) => `${name}=${JSON.stringify(parsed.keys[name])}`)
        .join(',')}]`
    case 'value':
      return `[=${JSON.stringify(parsed.value)}]`
    case 'index':
      return `[${parsed.index}]`
    case undefined:
      return `[${element}]`
  }
}

const order: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 }

/** Orders steps as the real server writes them: fields, then keys, values and positions. */
export function compareElements(a: PathElement, b: PathElement): number {
  const kinds = (order[a.charAt(0)] ?? 4) - (order[b.charAt(0)] ?? 4)
  if (kinds !== 0) return kinds
  return a.startsWith('f:') ? compareText(a, b) : compareParsed(parseElement(a), parseElement(b)) || compareText(a, b)
}

function compareParsed(left: ParsedElement | undefined, right: ParsedElement | undefined): number {
  if (left?.kind === 'key' && right?.kind === 'key') return compareKeys(left.keys, right.keys)
  if (left?.kind === 'value' && right?.kind === 'value') return compareScalars(left.value, right.value)
  return left?.kind === 'index' && right?.kind === 'index' ? left.index - right.index : 0
}

function compareKeys(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number {
  const left = Object.keys(a).toSorted()
  const right = Object.keys(b).toSorted()
  for (const [at, name] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    const difference = compareText(name, other) || compareScalars(a[name], b[other])
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function compareScalars(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return compareText(`${rank(a)}${JSON.stringify(a)}`, `${rank(b)}${JSON.stringify(b)}`)
}

function rank(value: unknown): number {
  return ['number', 'string', 'boolean'].indexOf(typeof value) + 1 || 9
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
