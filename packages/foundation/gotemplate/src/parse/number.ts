import { parseGoFloatLiteral, parseGoInteger } from './go-numbers.ts'
import type { NumberNode } from './nodes.ts'
import { quoteGo } from './quote.ts'
import { unquoteChar } from './unquote.ts'

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)
const uint64Max = 2n ** 64n - 1n

/** A number token as the constant it is, by the rules of Go's ParseInt and ParseFloat; Go's complaint when it is none. */
export function parseNumber(text: string, kind: 'char' | 'number' | 'complex', at: number): NumberNode | string {
  if (kind === 'char') {
    const value = unquoteChar(text)
    return typeof value === 'string' ? value : { kind: 'number', at, text, int: BigInt(value), float: value }
  }
  if (kind === 'complex') return parseComplex(text, at)
  const imaginary = text.endsWith('i') ? parseGoFloatLiteral(text.slice(0, -1)) : undefined
  if (imaginary !== undefined && Number.isFinite(imaginary)) return complexNode({ re: 0, im: imaginary }, text, at)
  return parseReal(text, at)
}

function parseReal(text: string, at: number): NumberNode | string {
  const int = parseGoInteger(text)
  const fitsUint = int !== undefined && int <= uint64Max && int >= 0n && !text.startsWith('+')
  if (int !== undefined && int >= int64Min && int <= int64Max)
    return { kind: 'number', at, text, int, float: Number(int) }
  if (fitsUint) return { kind: 'number', at, text, float: Number(int) }
  const float = parseGoFloatLiteral(text)
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: ${quoteGo(text)}`
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quoteGo(text)}`
  return { kind: 'number', at, text, float, ...wholePart(float) }
}

function wholePart(float: number): { readonly int?: bigint } {
  return Number.isInteger(float) && float >= -(2 ** 63) && float < 2 ** 63 ? { int: BigInt(float) } : {}
}

/** `1+2i`, which Go has fmt.Sscan read. */
function parseComplex(text: string, at: number): NumberNode | string {
  const split = /^(.*[^eEpP+-])([+-].*)i$/.exec(text)
  const [re, im] = [parsePart(split?.[1] ?? ''), parsePart(split?.[2] ?? '')]
  if (re === undefined || im === undefined) return 'syntax error scanning complex number'
  return complexNode({ re, im }, text, at)
}

function complexNode(complex: { readonly re: number; readonly im: number }, text: string, at: number): NumberNode {
  if (complex.im !== 0) return { kind: 'number', at, text, complex }
  return { kind: 'number', at, text, complex, float: complex.re, ...wholePart(complex.re) }
}

function parsePart(text: string): number | undefined {
  return parseGoFloatLiteral(text)
}
