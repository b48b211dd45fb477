import { civilOf, dayOfYear, secondsOf, zoneSeconds, type Civil } from '../time-text.ts'
import { CelError, CelTimestamp } from '../values.ts'
import { binary, isDuration, isString, isTime, unary, type Library, type Overload } from './define.ts'

const billion = 1_000_000_000n

/** Seconds that a named zone is ahead of UTC at a moment. */
function offsetOf(zone: string, seconds: bigint): number {
  if (zone === '' || zone === 'UTC') return 0
  if (/^[+-]?\d\d:\d\d$/.test(zone)) return zoneSeconds(zone)
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch {
    throw new CelError(`unknown time zone ${zone}`)
  }
  const name = format.formatToParts(Number(seconds) * 1000).find(({ type }) => type === 'timeZoneName')?.value
  const offset = /GMT([+-]\d\d:\d\d)/.exec(name ?? '')?.[1]
  return offset === undefined ? 0 : zoneSeconds(offset)
}

function civil(time: CelTimestamp, zone: string): Civil {
  const seconds = secondsOf(time)
  return civilOf(seconds + BigInt(offsetOf(zone, seconds)))
}

/** A part of a time, in UTC or in a named zone. */
function part(read: (civil: Civil) => number): readonly Overload[] {
  return [
    unary(isTime, (time) => BigInt(read(civil(time, '')))),
    binary([isTime, isString], (time, zone) => BigInt(read(civil(time, zone)))),
  ]
}

function milliseconds(time: CelTimestamp): bigint {
  return (time.nanos - secondsOf(time) * billion) / 1_000_000n
}

/** Methods of times and durations. */
export const times: Library = {
  getFullYear: part(({ year }) => year),
  getMonth: part(({ month }) => month - 1),
  getDate: part(({ date }) => date),
  getDayOfMonth: part(({ date }) => date - 1),
  getDayOfWeek: part(({ days }) => (((days + 4) % 7) + 7) % 7),
  getDayOfYear: part(dayOfYear),
  getHours: [...part(({ hours }) => hours), unary(isDuration, (a) => a.nanos / (3600n * billion))],
  getMinutes: [...part(({ minutes }) => minutes), unary(isDuration, (a) => a.nanos / (60n * billion))],
  getSeconds: [...part(({ seconds }) => seconds), unary(isDuration, (a) => a.nanos / billion)],
  getMilliseconds: [
    unary(isTime, milliseconds),
    binary([isTime, isString], milliseconds),
    unary(isDuration, (a) => (a.nanos / 1_000_000n) % 1000n),
  ],
}
