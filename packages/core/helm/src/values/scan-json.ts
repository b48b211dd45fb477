import { decodeJson, jsonComplaint, jsonValueEnd } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'

/** The first JSON value of a text and how many UTF-16 units it takes, blanks before it included. Throws FailureError. */
export function scanJson(text: string): { readonly value: unknown; readonly length: number } {
  const start = /^[ \t\r\n]*/.exec(text)?.[0].length ?? 0
  const length = jsonValueEnd(text, start)
  if (typeof length === 'string') throw chartError(complaintOf(text.slice(start)))
  const { value, problem } = decodeJson(text.slice(start, length))
  if (problem !== undefined) throw chartError(problem)
  return { value, length }
}

/** What a decoder says that reads one value and no further: the end of the text comes too early for it. */
function complaintOf(text: string): string {
  const complaint = jsonComplaint(text)
  return complaint === jsonComplaint(`${text}\u0001`) ? complaint : 'unexpected EOF'
}
