import { CelDuration, CelTimestamp } from './values.ts'

const billion = 1_000_000_000n
const day = 86_400n
/** 0001-01-01 and 9999-12-31 in seconds since 1970. */
const minSeconds = -62_135_596_800n
const maxSeconds = 253_402_300_799n

/** Days since 1970-01-01 of a date in the Gregorian calendar; the month counts from 1. */
function daysFromCivil(year: number, month: number, date: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** A moment taken apart, months and days counted from 1. */
export interface Civil {
  readonly year: number
  readonly month: number
  readonly date: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  /** Days since 1970-01-01. */
  readonly days: number
}

/** The date and time of seconds since 1970, in UTC. */
export function civilOf(seconds: bigint): Civil {
  const days = Number(floorDiv(seconds, day))
  const rest = Number(seconds - floorDiv(seconds, day) * day)
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    date: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hours: Math.floor(rest / 3600),
    minutes: Math.floor(rest / 60) % 60,
    seconds: rest % 60,
    days,
  }
}

/** Days of the year before the given day. */
export function dayOfYear(civil: Civil): number {
  return civil.days - daysFromCivil(civil.year, 1, 1)
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** Whole seconds since 1970, rounded down. */
export function secondsOf(time: CelTimestamp): bigint {
  return floorDiv(time.nanos, billion)
}

/** Whether a time is between the years 1 and 9999. */
export function isTimeInRange(nanos: bigint): boolean {
  const seconds = floorDiv(nanos, billion)
  return seconds >= minSeconds && seconds <= maxSeconds
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/

/** Reads an RFC 3339 time; undefined when it is none. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const local = localSeconds(match.slice(1, 7).map(Number))
  if (local === undefined) return undefined
  const total = local - BigInt(zoneSeconds(match[8] ?? 'Z'))
  const nanos = total * billion + BigInt((match[7] ?? '').padEnd(9, '0') || '0')
  return isTimeInRange(nanos) ? new CelTimestamp(nanos) : undefined
}

function localSeconds(parts: readonly number[]): bigint | undefined {
  const [year = 0, month = 0, date = 0, hours = 0, minutes = 0, seconds = 0] = parts
  if (month < 1 || month > 12 || date < 1 || date > daysIn(year, month)) return undefined
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  return BigInt(daysFromCivil(year, month, date)) * day + BigInt(hours * 3600 + minutes * 60 + seconds)
}

function daysIn(year: number, month: number): number {
  return (
    (month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1)) - daysFromCivil(year, month, 1)
  )
}

/** Reads a date such as `2026-11-24`, at midnight. */
export function parseDate(text: string): CelTimestamp | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? parseTimestamp(`${text}T00:00:00Z`) : undefined
}

/** Seconds that `+02:00` is ahead of UTC. */
export function zoneSeconds(zone: string): number {
  if (/^[zZ]$/.test(zone)) return 0
  const sign = zone.startsWith('-') ? -1 : 1
  const [hours = 0, minutes = 0] = zone.replace(/^[+-]/, '').split(':').map(Number)
  return sign * (hours * 3600 + minutes * 60)
}

/** A time as RFC 3339 in UTC, with as many decimals as it has. */
export function formatTimestamp(time: CelTimestamp): string {
  const seconds = secondsOf(time)
  const civil = civilOf(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  const fraction = trimZeros(time.nanos - seconds * billion)
  const date = `${String(civil.year).padStart(4, '0')}-${two(civil.month)}-${two(civil.date)}`
  return `${date}T${two(civil.hours)}:${two(civil.minutes)}:${two(civil.seconds)}${fraction}Z`
}

function trimZeros(nanos: bigint): string {
  const digits = String(nanos).padStart(9, '0').replace(/0+$/, '')
  return digits === '' ? '' : `.${digits}`
}

/** A duration in seconds with as many decimals as it has: `90s`, `-1.5s`. */
export function formatDuration(duration: CelDuration): string {
  const nanos = duration.nanos < 0n ? -duration.nanos : duration.nanos
  const sign = duration.nanos < 0n ? '-' : ''
  return `${sign}${nanos / billion}${trimZeros(nanos % billion)}s`
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: billion,
  m: 60n * billion,
  h: 3600n * billion,
}
const durationPart = /(\d*)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/y

/** Reads a Go duration (`1h30m`, `-1.5s`, `0`); undefined when it is none. */
export function parseDuration(text: string): CelDuration | undefined {
  const body = text.replace(/^[+-]/, '')
  if (body === '0') return new CelDuration(0n)
  if (body === '' || body.length > 100) return undefined
  let nanos = 0n
  for (let at = 0; at < body.length;) {
    durationPart.lastIndex = at
    const match = durationPart.exec(body)
    const part = match === null ? undefined : partNanos(match)
    if (match === null || part === undefined) return undefined
    nanos += part
    at += match[0].length
  }
  return new CelDuration(text.startsWith('-') ? -nanos : nanos)
}

function partNanos([, digits = '', fraction = '', unit = '']: RegExpExecArray): bigint | undefined {
  const size = unitNanos[unit]
  if (size === undefined || (digits === '' && fraction === '')) return undefined
  const parts = fraction === '' ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
  return BigInt(digits || '0') * size + parts
}
