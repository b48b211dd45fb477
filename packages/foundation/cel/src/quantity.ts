/** A Kubernetes resource quantity (`500m`, `1.5Gi`, `2e3`), exact to a billionth. */
export interface Quantity {
  /** The amount in billionths. */
  readonly nano: bigint
  readonly format: 'decimal' | 'binary' | 'exponent'
}

const giga = 1_000_000_000n
const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const grammar = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/
/** Longer texts are no quantities anybody means; they would make the arithmetic below slow. */
const maxLength = 64
const maxExponent = 60

/** Reads a quantity; undefined when the text is none. Parts below a billionth are rounded away from zero. */
export function parseQuantity(source: string): Quantity | undefined {
  const match = source.length > maxLength ? null : grammar.exec(source)
  if (match === null) return undefined
  const [, sign = '', number = '', suffix = ''] = match
  const nano = nanoOf(number, suffix)
  if (nano === undefined) return undefined
  return { nano: sign === '-' ? -nano : nano, format: formatOf(suffix) }
}

function formatOf(suffix: string): Quantity['format'] {
  if (binarySuffixes.indexOf(suffix) > 0) return 'binary'
  return isExponent(suffix) ? 'exponent' : 'decimal'
}

function nanoOf(number: string, suffix: string): bigint | undefined {
  const [whole = '', fraction = ''] = number.split('.')
  const digits = BigInt(`${whole}${fraction}` || '0')
  const binary = binarySuffixes.indexOf(suffix)
  if (binary > 0) return shift(digits * 1024n ** BigInt(binary), 9 - fraction.length)
  const exponent = isExponent(suffix) ? Number(suffix.slice(1)) : decimalSuffixes[suffix]
  if (exponent === undefined || Math.abs(exponent) > maxExponent) return undefined
  return shift(digits, exponent - fraction.length + 9)
}

function isExponent(suffix: string): boolean {
  return /^[eE][+-]?\d/.test(suffix)
}

/** `value * 10^places`, rounded up where places are cut off. */
function shift(value: bigint, places: number): bigint {
  if (places >= 0) return value * 10n ** BigInt(places)
  const divisor = 10n ** BigInt(-places)
  return (value + divisor - 1n) / divisor
}

/** Writes a quantity in its canonical form: no fraction, the largest suffix that fits. */
export function formatQuantity(quantity: Quantity): string {
  const { nano, format } = quantity
  if (nano === 0n) return '0'
  if (format === 'binary') {
    const whole = nano / giga
    const isSmall = whole > -1024n && whole < 1024n
    if (!isSmall && whole * giga === nano) return formatBinary(whole)
  }
  return formatDecimal(nano, format === 'exponent')
}

function formatBinary(whole: bigint): string {
  let rest = whole
  let at = 0
  while (at < binarySuffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n
    at += 1
  }
  return `${rest}${binarySuffixes[at] ?? ''}`
}

function formatDecimal(nano: bigint, asExponent: boolean): string {
  let rest = nano
  let exponent = -9
  while (exponent < 18 && rest % 1000n === 0n) {
    rest /= 1000n
    exponent += 3
  }
  if (asExponent) return exponent === 0 ? `${rest}` : `${rest}e${exponent}`
  const suffix = Object.keys(decimalSuffixes).find((name) => decimalSuffixes[name] === exponent)
  return `${rest}${suffix ?? ''}`
}

/** The canonical text of a quantity written as a text or number; undefined when it is none. */
export function canonicalQuantity(value: string | number): string | undefined {
  const parsed = parseQuantity(String(value).trim())
  return parsed === undefined ? undefined : formatQuantity(parsed)
}
