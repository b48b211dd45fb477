/** strconv's numbers, as literals and as texts that are converted. */

/** Go's rule for underscores: one at a time, between digits or behind the prefix of a base. */
export function hasGoodUnderscores(text: string): boolean {
  if (!text.includes('_')) return true
  const unsigned = text.replace(/^[+-]/, '')
  const isHex = /^0[xX]/.test(unsigned)
  let saw = '^'
  for (const char of unsigned.replace(/^0[xXoObB]/, '0')) {
    if (isHex ? /[0-9a-fA-F]/.test(char) : /[0-9]/.test(char)) saw = '0'
    else if (char === '_') {
      if (saw !== '0') return false
      saw = '_'
    } else if (saw === '_') return false
    else saw = '!'
  }
  return saw !== '_'
}

/** ParseInt with base 0, without its bounds: decimal, 0x, 0o, 0b, old octal, underscores. Undefined when malformed. */
export function parseGoInteger(text: string): bigint | undefined {
  if (!hasGoodUnderscores(text)) return undefined
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text.replaceAll('_', '')) ?? []
  const whole = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits
  if (!/^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/.test(whole)) return undefined
  return sign === '-' ? -BigInt(whole) : BigInt(whole)
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/

/** ParseFloat of a literal: no infinities, no NaN. Undefined when malformed, infinite when out of range. */
export function parseGoFloatLiteral(text: string): number | undefined {
  if (!hasGoodUnderscores(text)) return undefined
  const digits = text.replaceAll('_', '')
  if (decimal.test(digits)) return Number(digits)
  const hex = hexadecimal.exec(digits)
  if (hex === null) return undefined
  const [, sign = '', whole = '', part = '', exponent = '0'] = hex
  if (whole + part === '') return undefined
  const value = scaled(BigInt(`0x${whole}${part}`), Number(exponent) - 4 * part.length)
  return sign === '-' ? -value : value
}

/** An integer times a power of two, rounded once. */
function scaled(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  const bits = mantissa.toString(2).length
  if (bits + exponent > 1100) return Infinity
  if (bits + exponent < -1100) return 0
  if (exponent >= 0) return Number(mantissa << BigInt(exponent))
  // Below the smallest normal number fewer bits are kept.
  const kept = Math.min(53, bits + exponent + 1074)
  const drop = BigInt(bits - kept)
  if (kept < 0) return 0
  if (drop <= 0n) return Number(mantissa) * 2 ** exponent
  const half = 1n << (drop - 1n)
  let rounded = mantissa >> drop
  const rest = mantissa - (rounded << drop)
  if (rest > half || (rest === half && (rounded & 1n) === 1n)) rounded += 1n
  const power = exponent + Number(drop)
  return power < -1022 ? Number(rounded) * 2 ** (power + 60) * 2 ** -60 : Number(rounded) * 2 ** power
}
