import { jsonComplaint } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'
import { toFloats } from './read-values.ts'

/** The first JSON value of a text and how many UTF-16 units it takes, blanks before it included. Throws FailureError. */
export function scanJson(text: string): { readonly value: unknown; readonly length: number } {
  const start = /^\s*/.exec(text)?.[0].length ?? 0
  const length = endOf(text, start)
  try {
    return { value: toFloats(JSON.parse(text.slice(start, length))), length }
  } catch (error) {
    throw chartError(complaintOf(text.slice(start)), error)
  }
}

/** What a decoder says that reads one value and no further: the end of the text comes too early for it. */
function complaintOf(text: string): string {
  const complaint = jsonComplaint(text)
  return complaint === jsonComplaint(`${text}\u0001`) ? complaint : 'unexpected EOF'
}

const scalarStart = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/

function endOf(text: string, start: number): number {
  const first = text.charAt(start)
  if (first === '"') return endOfText(text, start)
  if (first !== '{' && first !== '[') {
    const scalar = scalarStart.exec(text.slice(start))?.[0].length ?? 0
    return scalar === 0 ? text.length : start + scalar
  }
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') at = endOfText(text, at) - 1
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return text.length
}

function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === '"') return at + 1
  }
  return text.length
}
