import type { NumberNode } from './nodes.ts'
import { unquoteChar } from './unquote.ts'

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)
const uint64Max = 2n ** 64n - 1n

/** A number token as the constant it is, by the rules of Go's ParseInt, ParseFloat and their base prefixes. Undefined when malformed. */
export function parseNumber(text: string, kind: 'char' | 'number' | 'complex', at: number): NumberNode | undefined {
  if (kind === 'char') {
    const value = unquoteChar(text)
    return value === undefined ? undefined : { kind: 'number', at, text, int: BigInt(value), float: value }
  }
  if (kind === 'complex') return parseComplex(text, at)
  const int = parseInteger(text)
  if (int !== undefined && int >= int64Min && int <= uint64Max) {
    if (int <= int64Max) return { kind: 'number', at, text, int, float: Number(int) }
    return { kind: 'number', at, text, float: Number(int) }
  }
  const float = parseFloat64(text)
  if (float === undefined) return undefined
  if (!/[.eEpP]/.test(text)) return undefined
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? { int: BigInt(float) } : {}
  return { kind: 'number', at, text, float, ...whole }
}

/** Go's ParseInt with base 0: decimal, 0x, 0o, 0b, old octal, underscores between digits. */
export function parseInteger(text: string): bigint | undefined {
  const sign = text.startsWith('-') ? -1n : 1n
  const body = text.replace(/^[+-]/, '')
  const match =
    /^(?:0[xX](?:_?[0-9a-fA-F]+)+|0[oO](?:_?[0-7]+)+|0[bB](?:_?[01]+)+|0(?:_?[0-7]+)+|0|[1-9](?:_?[0-9]+)*)$/.exec(body)
  if (match === null) return undefined
  const digits = body.replaceAll('_', '')
  const octal = /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits
  return sign * BigInt(octal)
}

/** Go's ParseFloat of a literal, hexadecimal floats included. */
function parseFloat64(text: string): number | undefined {
  const body = text.replaceAll('_', '')
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/.exec(body)
  if (hex !== null) {
    const [, sign = '', whole = '', part = '', exponent = '0'] = hex
    if (whole + part === '') return undefined
    const mantissa = Number(BigInt(`0x${whole}${part}`)) * 2 ** (Number(exponent) - 4 * part.length)
    return sign === '-' ? -mantissa : mantissa
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(body)) return undefined
  const value = Number(body)
  return Number.isFinite(value) ? value : undefined
}

function parseComplex(text: string, at: number): NumberNode | undefined {
  const split = /^(.*[^eEpP+-])([+-].*)i$/.exec(text)
  const [, realText = '0', imaginaryText = text.slice(0, -1)] = split ?? []
  const re = parsePart(realText)
  const im = parsePart(imaginaryText)
  if (re === undefined || im === undefined) return undefined
  const real = im === 0 ? { float: re, ...(Number.isInteger(re) ? { int: BigInt(re) } : {}) } : {}
  return { kind: 'number', at, text, complex: { re, im }, ...real }
}

function parsePart(text: string): number | undefined {
  const int = /^[+-]?0\d/.test(text) ? Number(text.replaceAll('_', '')) : parseInteger(text)
  return int === undefined ? parseFloat64(text) : Number(int)
}
