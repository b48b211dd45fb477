const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const DECIMAL_BY_EXPONENT = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]))

/** A number of nano-units: exact for every quantity that Kubernetes accepts. */
interface Parsed {
  readonly nanos: bigint
  readonly form: 'binary' | 'decimal' | 'exponent'
}

/** Whether a value is a quantity such as `100m`, `1.5Gi` or `3`. */
export function isQuantity(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' && PATTERN.test(value)
}

/** The quantity as the server stores it: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. Others are left as they are. */
export function canonicalQuantity(value: unknown): unknown {
  const parsed = parse(value)
  return parsed === undefined ? value : format(parsed)
}

/** The quantity in nano-units; undefined for what is none. */
export function quantityNanos(value: unknown): bigint | undefined {
  return parse(value)?.nanos
}

function parse(value: unknown): Parsed | undefined {
  const written = typeof value === 'number' ? String(value) : value
  if (typeof written !== 'string') return undefined
  const match = PATTERN.exec(written)
  if (match === null) return undefined
  const suffix = match[3] ?? ''
  const [whole = '', fraction = ''] = (match[2] ?? '').split('.')
  const scale = suffixScale(suffix)
  const digits = BigInt(`${whole}${fraction}` === '' ? '0' : `${whole}${fraction}`)
  const nanos = scaled(digits * scale.factor, scale.exponent + 9 - fraction.length)
  return { nanos: match[1] === '-' ? -nanos : nanos, form: scale.form }
}

function suffixScale(suffix: string): { factor: bigint; exponent: number; form: Parsed['form'] } {
  const power = (BINARY as readonly string[]).indexOf(suffix)
  if (power > 0) return { factor: 1024n ** BigInt(power), exponent: 0, form: 'binary' }
  const exponent = DECIMAL[suffix]
  if (exponent !== undefined) return { factor: 1n, exponent, form: 'decimal' }
  return { factor: 1n, exponent: Number(suffix.slice(1)), form: 'exponent' }
}

/** digits × 10^exponent, rounded away from zero to a whole number, as the server rounds below nano. */
function scaled(digits: bigint, exponent: number): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(Math.min(exponent, 60))
  const divisor = 10n ** BigInt(Math.min(-exponent, 60))
  return (digits + divisor - 1n) / divisor
}

function format(parsed: Parsed): string {
  const { nanos } = parsed
  if (nanos === 0n) return '0'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  if (parsed.form === 'binary' && size >= 1024n * 1_000_000_000n && size % 1_000_000_000n === 0n) {
    return sign + formatBinary(size / 1_000_000_000n)
  }
  return sign + formatDecimal(size, parsed.form)
}

function formatBinary(units: bigint): string {
  let power = 0
  let rest = units
  while (rest % 1024n === 0n && power < BINARY.length - 1) {
    rest /= 1024n
    power += 1
  }
  return `${rest}${BINARY[power] ?? ''}`
}

function formatDecimal(size: bigint, form: Parsed['form']): string {
  let exponent = -9
  let rest = size
  while (rest % 1000n === 0n && exponent < 18) {
    rest /= 1000n
    exponent += 3
  }
  if (form === 'exponent' && exponent !== 0) return `${rest}e${exponent}`
  return `${rest}${DECIMAL_BY_EXPONENT.get(exponent) ?? ''}`
}
