import { FunctionError } from '../exec/function-error.ts'
import { GoInt, isGoObject, type GoFunction, type GoValue, type ParamType } from '../value/go-value.ts'
import { durationComplaint, formatGoDuration, parseGoDuration } from './duration.ts'
import { formatTime, isTime, parseTime, timeObject, utc, zeroTime, type Moment, type Zone } from './go-time.ts'
import type { SprigHost } from './host.ts'
import { fixed, text } from './signature.ts'

const timeType: ParamType = { type: 'time.Time' }

/** sprig's functions on time. */
export function dateFunctions(host: SprigHost): Readonly<Record<string, GoFunction>> {
  const local = (seconds: number): Zone => host.zone('', seconds) ?? utc
  const zoned = (name: string, seconds: number): Zone =>
    name === 'Local' || name === '' ? local(seconds) : (host.zone(name, seconds) ?? utc)
  const now = (): Moment => {
    const ms = host.nowMs()
    const seconds = Math.floor(ms / 1000)
    return { seconds, nanoseconds: (ms - seconds * 1000) * 1e6, zone: local(seconds) }
  }
  const momentOf = (value: GoValue): Moment => {
    if (isTime(value)) return value.moment
    if (value instanceof GoInt && (value.type === 'int64' || value.type === 'int' || value.type === 'int32'))
      return { seconds: Number(value.value), nanoseconds: 0, zone: local(Number(value.value)) }
    return now()
  }
  const inZone = (value: GoValue, name: string): Moment => {
    const moment = momentOf(value)
    return { ...moment, zone: zoned(name, moment.seconds) }
  }
  const inLocal = (value: GoValue): Moment => inZone(value, 'Local')
  const modify = (change: GoValue, date: GoValue): GoValue => {
    const by = parseGoDuration(text(change))
    return by === undefined ? date : timeObject(shift(momentOf(date), by))
  }
  const mustModify = (change: GoValue, date: GoValue): GoValue => {
    const by = parseGoDuration(text(change))
    if (by === undefined) throw new FunctionError(durationComplaint(text(change)))
    return timeObject(shift(momentOf(date), by))
  }
  return {
    now: fixed([], () => timeObject(now())),
    date: fixed(['string', 'any'], (layout, value) => formatTime(inLocal(value), text(layout))),
    dateInZone: fixed(['string', 'any', 'string'], (layout, value, zone) =>
      formatTime(inZone(value, text(zone)), text(layout)),
    ),
    date_in_zone: fixed(['string', 'any', 'string'], (layout, value, zone) =>
      formatTime(inZone(value, text(zone)), text(layout)),
    ),
    htmlDate: fixed(['any'], (value) => formatTime(inLocal(value), '2006-01-02')),
    htmlDateInZone: fixed(['any', 'string'], (value, zone) => formatTime(inZone(value, text(zone)), '2006-01-02')),
    dateModify: fixed(['string', timeType], modify),
    date_modify: fixed(['string', timeType], modify),
    mustDateModify: fixed(['string', timeType], mustModify),
    must_date_modify: fixed(['string', timeType], mustModify),
    toDate: fixed(['string', 'string'], (layout, value) => {
      const parsed = parseTime(text(layout), text(value), local(0))
      return timeObject(parsed.kind === 'moment' ? parsed.moment : zeroTime)
    }),
    mustToDate: fixed(['string', 'string'], (layout, value) =>
      timeObject(mustParse(text(layout), text(value), local(0))),
    ),
    unixEpoch: fixed([timeType], (value) => String(momentOf(value).seconds)),
    ago: fixed(['any'], (value) => ago(now(), momentOf(value))),
    duration: fixed(['any'], (value) => formatGoDuration(BigInt.asIntN(64, durationOf(value) * 1_000_000_000n))),
    durationRound: fixed(['any'], (value) => roundDuration(value, now())),
  }
}

function mustParse(layout: string, value: string, zone: Zone): Moment {
  const parsed = parseTime(layout, value, zone)
  if (parsed.kind === 'problem') throw new FunctionError(parsed.text)
  return parsed.moment
}

function shift(moment: Moment, nanoseconds: bigint): Moment {
  const total = BigInt(moment.seconds) * 1_000_000_000n + BigInt(moment.nanoseconds) + nanoseconds
  const seconds = total >= 0n ? total / 1_000_000_000n : -((-total + 999_999_999n) / 1_000_000_000n)
  return { seconds: Number(seconds), nanoseconds: Number(total - seconds * 1_000_000_000n), zone: moment.zone }
}

/** Rounded to whole seconds, as Go's Duration.Round. */
function ago(now: Moment, then: Moment): string {
  const difference = BigInt(now.seconds - then.seconds) * 1_000_000_000n + BigInt(now.nanoseconds - then.nanoseconds)
  return formatGoDuration(
    ((difference + (difference < 0n ? -500_000_000n : 500_000_000n)) / 1_000_000_000n) * 1_000_000_000n,
  )
}

/** Seconds: an int64 or a text of one, bounded; anything else is none. */
function durationOf(value: GoValue): bigint {
  if (typeof value === 'string') return /^[+-]?\d+$/.test(value) ? bounded(BigInt(value.replace(/^\+/, ''))) : 0n
  return value instanceof GoInt && value.type === 'int64' ? value.value : 0n
}

function bounded(value: bigint): bigint {
  if (value >= 2n ** 63n) return 2n ** 63n - 1n
  return value < -(2n ** 63n) ? -(2n ** 63n) : value
}

const steps: readonly (readonly [bigint, string])[] = [
  [31_536_000_000_000_000n, 'y'],
  [2_592_000_000_000_000n, 'mo'],
  [86_400_000_000_000n, 'd'],
  [3_600_000_000_000n, 'h'],
  [60_000_000_000n, 'm'],
  [1_000_000_000n, 's'],
]

function roundDuration(value: GoValue, now: Moment): string {
  const nanoseconds = spanOf(value, now)
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const step = steps.find(([size]) => absolute > size)
  return step === undefined ? '0s' : `${absolute / step[0]}${step[1]}`
}

function spanOf(value: GoValue, now: Moment): bigint {
  if (typeof value === 'string') return parseGoDuration(value) ?? 0n
  if (value instanceof GoInt) return value.type === 'int64' ? value.value : 0n
  if (isGoObject(value) && isTime(value)) return BigInt(now.seconds - value.moment.seconds) * 1_000_000_000n
  return 0n
}
