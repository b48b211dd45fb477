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

const limit = 2n ** 63n

/** time.ParseDuration in nanoseconds; undefined when malformed. */
export function parseGoDuration(text: string): bigint | undefined {
  const parsed = readDuration(text)
  return typeof parsed === 'bigint' ? parsed : undefined
}

/** time.ParseDuration's words on a malformed text. */
export function durationComplaint(text: string): string {
  const parsed = readDuration(text)
  return typeof parsed === 'string' ? parsed : invalid(text)
}

function invalid(text: string): string {
  return `time: invalid duration ${quoted(text)}`
}

function readDuration(text: string): bigint | string {
  const isNegative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0n
  if (rest === '') return invalid(text)
  let total = 0n
  while (rest !== '') {
    const read = readPart(rest, text)
    if (typeof read === 'string') return read
    total += read.nanoseconds
    if (total > limit) return invalid(text)
    rest = rest.slice(read.length)
  }
  if (isNegative) return -total
  return total < limit ? total : invalid(text)
}

/** A number with its unit, or what is wrong with the text. */
function readPart(rest: string, text: string): { readonly nanoseconds: bigint; readonly length: number } | string {
  const [part = '', whole = '', fraction = '', unit = ''] = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest) ?? []
  if ((whole === '' && fraction === '') || BigInt(`0${whole}`) > limit) return invalid(text)
  if (unit === '') return `time: missing unit in duration ${quoted(text)}`
  const scale = unitNanoseconds[unit]
  if (scale === undefined) return `time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`
  return { nanoseconds: BigInt(`0${whole}`) * scale + fractionOf(fraction, scale), length: part.length }
}

/** Go counts a fraction in floats, with as many digits as fit an int64. */
function fractionOf(digits: string, scale: bigint): bigint {
  let value = 0n
  let power = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (value > (limit - 1n) / 10n || next > limit) break
    value = next
    power *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(scale) / power)))
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
