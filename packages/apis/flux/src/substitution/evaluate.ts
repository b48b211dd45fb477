import { FailureError } from '@kedge/base'

import { matchEnds } from './glob.ts'
import { type Piece, type Reference, type Template } from './parse.ts'

export interface EvaluateOptions {
  readonly variables: ReadonlyMap<string, string>
  /** An undefined variable without a default is an error; otherwise it is the empty string. */
  readonly strict: boolean
}

/** Fills a template in (SPEC.md S10 to S19). Throws FailureError for an undefined variable in strict mode. */
export function evaluateTemplate(template: Template, options: EvaluateOptions): string {
  return template.map((piece) => evaluatePiece(piece, options)).join('')
}

const defaulting: ReadonlySet<string> = new Set(['=', ':-', ':=', ':?', ':+'])

function evaluatePiece(piece: Piece, options: EvaluateOptions): string {
  if (piece.kind === 'text') return piece.text
  const args = piece.args.map((arg) => evaluatePiece(arg, options))
  const value = options.variables.get(piece.name)
  if (value === undefined && options.strict && !defaulting.has(piece.operator)) {
    throw new FailureError({
      code: 'VariableNotSet',
      message: `variable not set (strict mode): ${JSON.stringify(piece.name)}`,
      fix: 'define it in postBuild, or give it a default as in ${name:=value}',
    })
  }
  return applyOperator(piece, value ?? '', args)
}

function applyOperator(reference: Reference, value: string, args: readonly string[]): string {
  const { operator } = reference
  const change = changes[operator]
  if (change !== undefined) return change(value)
  const how = trims[operator]
  if (how !== undefined) return args.length === 0 ? byteLength(value) : trim(value, args[0] ?? '', how)
  if (operator === ':') return substring(value, args)
  if (operator.startsWith('/')) return replace(operator, value, args)
  return value === '' ? args.join('') : value
}

const changes: Readonly<Record<string, (value: string) => string>> = {
  ',': (value) => mapFirst(value, (char) => char.toLowerCase()),
  ',,': (value) => value.toLowerCase(),
  '^': (value) => mapFirst(value, (char) => char.toUpperCase()),
  '^^': (value) => value.toUpperCase(),
}

const trims: Readonly<Record<string, Trim>> = {
  '#': 'shortest-start',
  '##': 'longest-start',
  '%': 'shortest-end',
  '%%': 'longest-end',
}

function byteLength(value: string): string {
  return String(new TextEncoder().encode(value).length)
}

function mapFirst(value: string, change: (char: string) => string): string {
  const [first] = value
  return first === undefined ? value : change(first) + value.slice(first.length)
}

/** Offsets count bytes, as Go strings do; a part that is no integer leaves the value as it is. */
function substring(value: string, args: readonly string[]): string {
  const offset = parseInteger(args[0] ?? '')
  if (offset === undefined) return value
  const bytes = new TextEncoder().encode(value)
  const start = offset < 0 ? Math.max(0, bytes.length + offset) : offset
  if (args[1] === undefined) return decode(bytes.subarray(Math.min(start, bytes.length)))
  const length = parseInteger(args[1])
  if (length === undefined) return value
  if (length < 0) return ''
  return decode(bytes.subarray(Math.min(start, bytes.length), Math.min(start + length, bytes.length)))
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined
}

function replace(operator: string, value: string, args: readonly string[]): string {
  const pattern = args[0] ?? ''
  const replacement = args[1]
  switch (operator) {
    case '//':
      return value.replaceAll(pattern, () => replacement ?? '')
    case '/#':
      if (replacement === undefined || !value.startsWith(pattern)) return value
      return replacement + value.slice(pattern.length)
    case '/%':
      if (replacement === undefined || !value.endsWith(pattern)) return value
      return value.slice(0, value.length - pattern.length) + replacement
    default:
      return value.replace(pattern, () => replacement ?? '')
  }
}

type Trim = 'shortest-start' | 'longest-start' | 'shortest-end' | 'longest-end'

function trim(value: string, pattern: string, how: Trim): string {
  const fromStart = how.endsWith('start')
  const ends = matchEnds(pattern, value, fromStart ? 'start' : 'end')
  if (ends === undefined) return value
  const chars = Array.from(value)
  const count = how.startsWith('shortest') ? ends.shortest : ends.longest
  return (fromStart ? chars.slice(count) : chars.slice(0, chars.length - count)).join('')
}
