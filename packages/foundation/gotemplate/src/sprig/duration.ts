import { textToBytes } from '../value/bytes.ts'

const unitNanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** time.ParseDuration in nanoseconds; undefined when malformed. */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text)
  if (match === null) return /^[+-]?0$/.test(text) ? 0n : undefined
  let total = 0n
  for (const [, whole = '', part = '', unit = ''] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = unitNanoseconds[unit] ?? 0n
    total +=
      BigInt(whole === '' ? 0 : whole) * scale +
      (part === '' ? 0n : (BigInt(part) * scale) / 10n ** BigInt(part.length))
  }
  return match[1] === '-' ? -total : total
}

/** time.ParseDuration's words on a malformed text. */
export function durationComplaint(text: string): string {
  const rest = text.replace(/^[+-]/, '').replace(/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|[smh])(?![a-zµμ]))+/, '')
  const [, unit] = /^(?:\d+\.?\d*|\.\d+)([^.\d]*)/.exec(rest) ?? []
  if (unit === undefined) return `time: invalid duration ${quoted(text)}`
  return unit === ''
    ? `time: missing unit in duration ${quoted(text)}`
    : `time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`
}

/** As package time quotes: what is not plain ASCII goes by bytes. */
function quoted(text: string): string {
  return `"${Array.from(textToBytes(text), (byte) => {
    if (byte === 34 || byte === 92) return `\\${String.fromCharCode(byte)}`
    return byte < 32 || byte >= 128 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
  }).join('')}"`
}

/** time.Duration's String: `1h2m3.5s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (value < 1000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 6)}ms`
  const seconds = value % 60_000_000_000n
  const minutes = value / 60_000_000_000n
  const shown = `${decimal(seconds, 9)}s`
  if (minutes === 0n) return sign + shown
  const hours = minutes / 60n
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${shown}`
}

/** A number of the given count of digits behind the point, without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits)
  const part = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '')
  return `${value / scale}${part === '' ? '' : `.${part}`}`
}
