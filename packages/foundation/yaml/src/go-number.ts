const I64_MIN = -(2n ** 63n)
const I64_MAX = 2n ** 63n - 1n
const U64_MAX = 2n ** 64n - 1n

/** An integer as a number where that is exact, else as a bigint. */
function compact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/**
 * An integer as Go's ParseInt and ParseUint read it with base 0: decimal, 0x, 0o, 0b and leading-zero octal;
 * undefined when it is none, or does not fit 64 bits. Underscores must be gone already.
 */
export function parseGoInteger(text: string): number | bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/.exec(text)
  if (match === null) return undefined
  const [, sign = '', digits = ''] = match
  if (digits.length <= 15 && digits.charCodeAt(0) !== 48) {
    return sign === '-' ? -Number(digits) : Number(digits)
  }
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits
  return fitting(BigInt(octal), sign)
}

function fitting(magnitude: bigint, sign: string): number | bigint | undefined {
  if (sign === '-') return -magnitude < I64_MIN ? undefined : compact(-magnitude)
  // Go reads an unsigned value only where no sign was written.
  return magnitude > (sign === '' ? U64_MAX : I64_MAX) ? undefined : compact(magnitude)
}

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

/** A decimal floating-point number by YAML's rule; undefined when it is none or overflows. */
export function parseGoFloat(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Whether an integer can be held in Go's int64 or uint64. */
export function fitsGoInteger(value: bigint): boolean {
  return value >= I64_MIN && value <= U64_MAX
}

/**
 * A floating-point number as Go's `%g` prints it with the fewest digits that read back the same: with an exponent of
 * at least two digits when it is below -4 or reaches 6.
 */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < SHORTEST_EXPONENT) return positional(mantissa, exponent)
  const digits = Math.abs(exponent)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits < 10 ? '0' : ''}${digits}`
}

/** From this power of ten on, Go's shortest `%g` writes an exponent. */
const SHORTEST_EXPONENT = 6

function positional(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}
