import type { GoValue } from '../value/go-value.ts'
import { jsonComplaint } from './json-complaint.ts'
import { newMap } from './signature.ts'

/** What encoding/json makes of a text. A number that is too large is a problem, and nil in its place. */
export interface DecodedJson {
  readonly value: GoValue
  /** encoding/json's complaint; the value is nil when the text is no JSON. */
  readonly problem?: string
}

/** JSON as templates get it: every number is a float64, and what is no Unicode becomes U+FFFD. */
export function decodeJson(text: string): DecodedJson {
  try {
    const parsed: unknown = JSON.parse(text)
    const problem = overflowOf(text)
    return problem === undefined ? { value: bare(parsed) } : { value: bare(parsed), problem }
  } catch (error) {
    if (error instanceof SyntaxError) return { value: null, problem: jsonComplaint(text) }
    throw error
  }
}

const textsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs

function overflowOf(text: string): string | undefined {
  // Without an exponent it takes over three hundred digits.
  if (!/[eE]|\d{300}/.test(text)) return undefined
  for (const [token] of text.matchAll(textsAndNumbers))
    if (!token.startsWith('"') && !Number.isFinite(Number(token)))
      return `json: cannot unmarshal number ${token} into Go value of type float64`
  return undefined
}

/** Objects without a prototype, so that no key is special. */
function bare(value: unknown): GoValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value as GoValue
  return newMap(Object.entries(value).map(([key, item]) => [key.toWellFormed(), bare(item)] as const))
}
