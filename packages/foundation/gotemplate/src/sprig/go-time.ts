import { quoteGo } from '../parse/quote.ts'
import { GoFunction, GoInt, goObject, int, int64, type GoObject, type GoValue } from '../value/go-value.ts'

/** A moment: seconds since the epoch, nanoseconds within the second, and the zone it is shown in. */
export interface Moment {
  readonly seconds: number
  readonly nanoseconds: number
  readonly zone: Zone
}

/** A zone at one moment. */
export interface Zone {
  readonly abbreviation: string
  readonly offsetSeconds: number
}

export const utc: Zone = { abbreviation: 'UTC', offsetSeconds: 0 }

/** time.Time's zero value, 0001-01-01 00:00:00 UTC. */
export const zeroTime: Moment = { seconds: -62_135_596_800, nanoseconds: 0, zone: utc }

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly weekday: number
  readonly yearDay: number
}

/** Calendar fields of seconds since the epoch, proleptic Gregorian. */
function civil(seconds: number): Civil {
  const dayNumber = Math.floor(seconds / 86_400)
  const rest = seconds - dayNumber * 86_400
  const z = dayNumber + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const yearDay = dayNumber - daysFromCivil(year, 1, 1) + 1
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    weekday: (((dayNumber + 4) % 7) + 7) % 7,
    yearDay,
  }
}

/** Days since the epoch of a calendar day; months and days may be out of range. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

const layoutTokens =
  /2006|January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|__2|002|01|02|03|04|05|06|15|_2(?!006)|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|[1-5]/g

/** time.Format. */
export function formatTime(moment: Moment, layout: string): string {
  const local = civil(moment.seconds + moment.zone.offsetSeconds)
  let before = ''
  return layout.replaceAll(layoutTokens, (token: string) => {
    const text = formatToken(token, { moment, local })
    before = token
    return before === '' ? '' : text
  })
}

function formatToken(token: string, { moment, local }: { readonly moment: Moment; readonly local: Civil }): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const hour12 = local.hour % 12 === 0 ? 12 : local.hour % 12
  const simple: Readonly<Record<string, string>> = {
    2006: formatYear(local.year),
    '06': two(Math.abs(local.year) % 100),
    January: months[local.month - 1] ?? '',
    Jan: (months[local.month - 1] ?? '').slice(0, 3),
    '01': two(local.month),
    1: String(local.month),
    Monday: days[local.weekday] ?? '',
    Mon: (days[local.weekday] ?? '').slice(0, 3),
    '02': two(local.day),
    _2: String(local.day).padStart(2, ' '),
    2: String(local.day),
    '002': String(local.yearDay).padStart(3, '0'),
    __2: String(local.yearDay).padStart(3, ' '),
    15: two(local.hour),
    '03': two(hour12),
    3: String(hour12),
    '04': two(local.minute),
    4: String(local.minute),
    '05': two(local.second),
    5: String(local.second),
    PM: local.hour >= 12 ? 'PM' : 'AM',
    pm: local.hour >= 12 ? 'pm' : 'am',
    // A zone without a name goes by its offset.
    MST: moment.zone.abbreviation || formatOffset('-0700', moment.zone.offsetSeconds),
  }
  if (Object.hasOwn(simple, token)) return simple[token] ?? ''
  if (token.startsWith('.') || token.startsWith(',')) return formatFraction(token, moment.nanoseconds)
  return formatOffset(token, moment.zone.offsetSeconds)
}

function formatYear(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')
}

function formatFraction(token: string, nanoseconds: number): string {
  const digits = String(nanoseconds)
    .padStart(9, '0')
    .slice(0, token.length - 1)
  if (token.includes('0')) return token.charAt(0) + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : token.charAt(0) + trimmed
}

function formatOffset(token: string, offsetSeconds: number): string {
  if (token.startsWith('Z') && offsetSeconds === 0) return 'Z'
  const sign = offsetSeconds < 0 ? '-' : '+'
  const absolute = Math.abs(offsetSeconds)
  const parts = [Math.floor(absolute / 3600), Math.floor((absolute % 3600) / 60), absolute % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  const shape = token.replace(/^[Z-]/, '')
  const count = { '07': 1, '0700': 2, '07:00': 2, '070000': 3, '07:00:00': 3 }[shape] ?? 2
  return sign + parts.slice(0, count).join(shape.includes(':') ? ':' : '')
}

/** A moment, or time.Parse's words on why there is none. */
export type ParsedTime =
  | { readonly kind: 'moment'; readonly moment: Moment }
  | { readonly kind: 'problem'; readonly text: string }

/** time.Parse for the layouts that templates use. Without a zone it is UTC. */
export function parseTime(layout: string, value: string, zone: Zone = utc): ParsedTime {
  const fields: Record<string, number> = {}
  const cannot = (at: number, what: string): ParsedTime => ({
    kind: 'problem',
    text: `parsing time ${quoteGo(value)} as ${quoteGo(layout)}: cannot parse ${quoteGo(value.slice(at))} as ${quoteGo(what)}`,
  })
  const problem = (text: string): ParsedTime => ({ kind: 'problem', text: `parsing time ${quoteGo(value)}: ${text}` })
  let at = 0
  let from = 0
  let zoneName = ''
  for (const match of layout.matchAll(layoutTokens)) {
    const literal = layout.slice(from, match.index)
    const skipped = skip(value, at, literal)
    if (!skipped.fits) return cannot(skipped.at, literal)
    at = skipped.at
    from = match.index + match[0].length
    const read = readToken(match[0], value.slice(at), fields)
    if (read === undefined) return cannot(at, match[0])
    if (match[0] === 'MST') zoneName = value.slice(at, at + read)
    const beyond = outOfRange(fields)
    if (beyond !== undefined) return problem(`${beyond} out of range`)
    at += read
    if ((match[0] === '05' || match[0] === '5') && !/^[.,]/.test(layout.slice(from)))
      at += readFraction(value.slice(at), fields)
  }
  const rest = layout.slice(from)
  const skipped = skip(value, at, rest)
  if (!skipped.fits) return cannot(skipped.at, rest)
  if (skipped.at < value.length) return problem(`extra text: ${quoteGo(value.slice(skipped.at))}`)
  const misfit = applyYearDay(fields)
  if (misfit !== undefined) return problem(misfit)
  const moment = momentOf(fields, zoneName, zone)
  return moment === undefined ? problem('day out of range') : { kind: 'moment', moment }
}

/** Goes over a literal part of a layout; a run of blanks there is any run of blanks in the text. */
function skip(value: string, start: number, literal: string): { readonly at: number; readonly fits: boolean } {
  let at = start
  for (let index = 0; index < literal.length; index += 1) {
    const char = literal.charAt(index)
    if (char === ' ') {
      if (at < value.length && value.charAt(at) !== ' ') return { at, fits: false }
      while (value.charAt(at) === ' ') at += 1
      while (literal.charAt(index + 1) === ' ') index += 1
    } else if (value.charAt(at) === char) at += 1
    else return { at, fits: false }
  }
  return { at, fits: true }
}

/** Which field is no such one, as Go names it. */
function outOfRange(fields: Readonly<Record<string, number>>): string | undefined {
  const { month = 1, hour = 0, hour12 = 0, minute = 0, second = 0 } = fields
  if (month < 1 || month > 12) return 'month'
  if (hour > 23 || hour12 > 12) return 'hour'
  if (minute > 59) return 'minute'
  return second > 59 ? 'second' : undefined
}

function readFraction(text: string, fields: Record<string, number>): number {
  const match = /^[.,](\d+)/.exec(text)
  if (match === null) return 0
  fields['nano'] = Number((match[1] ?? '').padEnd(9, '0').slice(0, 9))
  return match[0].length
}

/** A fraction that the layout names: of zeros it must be there, with as many digits; of nines it may be. */
function readLayoutFraction(token: string, text: string, fields: Record<string, number>): number | undefined {
  if (token.endsWith('9')) return readFraction(text, fields)
  const digits = text.slice(0, token.length)
  if (digits.length < token.length || !/^[.,]\d+$/.test(digits)) return undefined
  return readFraction(digits, fields)
}

const readers: Readonly<Record<string, readonly [RegExp, string]>> = {
  2006: [/^\d{4}/, 'year'],
  '06': [/^\d{2}/, 'year2'],
  '01': [/^\d{2}/, 'month'],
  1: [/^\d{1,2}/, 'month'],
  '02': [/^\d{2}/, 'day'],
  2: [/^\d{1,2}/, 'day'],
  _2: [/^ ?\d{1,2}/, 'day'],
  '002': [/^\d{3}/, 'yearDay'],
  __2: [/^ {0,2}\d{1,3}/, 'yearDay'],
  15: [/^\d{2}/, 'hour'],
  '03': [/^\d{2}/, 'hour12'],
  3: [/^\d{1,2}/, 'hour12'],
  '04': [/^\d{2}/, 'minute'],
  4: [/^\d{1,2}/, 'minute'],
  '05': [/^\d{2}/, 'second'],
  5: [/^\d{1,2}/, 'second'],
}

function readToken(token: string, text: string, fields: Record<string, number>): number | undefined {
  const numeric = readers[token]
  if (numeric !== undefined) return readNumber(numeric, text, fields)
  if (token === 'January' || token === 'Jan')
    return readName(text, {
      names: months,
      length: token === 'Jan' ? 3 : undefined,
      store: (index) => (fields['month'] = index + 1),
    })
  if (token === 'Monday' || token === 'Mon')
    return readName(text, { names: days, length: token === 'Mon' ? 3 : undefined, store: () => 0 })
  if (token === 'PM' || token === 'pm') return readHalf(text, fields)
  if (token === 'MST') return /^[A-Z]{3,5}|^[+-]\d{2}/.exec(text)?.[0].length
  if (token.startsWith('.') || token.startsWith(',')) return readLayoutFraction(token, text, fields)
  return readOffset(token, text, fields)
}

function readNumber(
  [expression, field]: readonly [RegExp, string],
  text: string,
  fields: Record<string, number>,
): number | undefined {
  const match = expression.exec(text)
  if (match === null) return undefined
  fields[field] = Number(match[0])
  return match[0].length
}

/** Which half of the day it is. */
function readHalf(text: string, fields: Record<string, number>): number | undefined {
  const match = /^[AaPp][Mm]/.exec(text)
  if (match === null) return undefined
  fields['pm'] = match[0].toLowerCase() === 'pm' ? 1 : 0
  return 2
}

function readName(
  text: string,
  how: {
    readonly names: readonly string[]
    readonly length: number | undefined
    readonly store: (index: number) => number
  },
): number | undefined {
  const index = how.names.findIndex((name) => text.toLowerCase().startsWith(name.slice(0, how.length).toLowerCase()))
  if (index < 0) return undefined
  how.store(index)
  return (how.names[index] ?? '').slice(0, how.length).length
}

function readOffset(token: string, text: string, fields: Record<string, number>): number | undefined {
  if (token.startsWith('Z') && text.startsWith('Z')) {
    fields['offset'] = 0
    return 1
  }
  const match = /^([+-])(\d{2}):?(\d{2})?:?(\d{2})?/.exec(text)
  if (match === null) return undefined
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)
  fields['offset'] = match[1] === '-' ? -seconds : seconds
  return match[0].length
}

/** Month and day of a day of the year; what is wrong when they are others than those given. */
function applyYearDay(fields: Record<string, number>): string | undefined {
  const { yearDay, month, day } = fields
  if (yearDay === undefined) return undefined
  const year = yearOf(fields)
  const length = daysFromCivil(year + 1, 1, 1) - daysFromCivil(year, 1, 1)
  if (yearDay < 1 || yearDay > length) return 'day-of-year out of range'
  const found = civil((daysFromCivil(year, 1, 1) + yearDay - 1) * 86_400)
  if (month !== undefined && month !== found.month) return 'day-of-year does not match month'
  if (day !== undefined && day !== found.day) return 'day-of-year does not match day'
  fields['month'] = found.month
  fields['day'] = found.day
  return undefined
}

/** The zone that a text names: one of an offset, or one of a name whose offset is not known. */
function zoneOf(offset: number | undefined, name: string, zone: Zone): Zone {
  if (offset !== undefined) return { abbreviation: offset === 0 ? 'UTC' : name, offsetSeconds: offset }
  if (name === 'UTC') return utc
  return name === '' || name === zone.abbreviation ? zone : { abbreviation: name, offsetSeconds: 0 }
}

function momentOf(fields: Readonly<Record<string, number>>, zoneName: string, zone: Zone): Moment | undefined {
  const at = (name: string, fallback: number): number => fields[name] ?? fallback
  const [month, day, minute, second] = [at('month', 1), at('day', 1), at('minute', 0), at('second', 0)]
  const year = yearOf(fields)
  const hour = hourOf(fields)
  const { offset } = fields
  const monthEnd = month === 12 ? 31 : daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1)
  if (day < 1 || day > monthEnd) return undefined
  const shown = zoneOf(offset, zoneName, zone)
  const seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - shown.offsetSeconds
  return { seconds, nanoseconds: at('nano', 0), zone: shown }
}

/** A year of two digits is one of 1969 to 2068. */
function yearOf({ year, year2 }: Readonly<Record<string, number>>): number {
  return year ?? (year2 === undefined ? 0 : year2 >= 69 ? 1900 + year2 : 2000 + year2)
}

function hourOf({ hour, hour12, pm }: Readonly<Record<string, number>>): number {
  return hour ?? (hour12 === undefined ? 0 : (hour12 % 12) + (pm === 1 ? 12 : 0))
}

/** A moment as templates see it: time.Time with the methods that templates call. */
export function timeObject(moment: Moment): GoObject & { readonly moment: Moment } {
  return {
    moment,
    [goObject]: {
      type: 'time.Time',
      kind: 'struct',
      print: () => formatTime(moment, '2006-01-02 15:04:05.999999999 -0700 MST'),
      text: () => formatTime(moment, '2006-01-02T15:04:05.999999999Z07:00'),
      method: (name) => methodOf(moment, name),
      syntax: () => goString(moment),
    },
  }
}

/** A moment as Go would write it in a program; the location goes by its name. */
function goString(moment: Moment): string {
  const { abbreviation } = moment.zone
  const zone = abbreviation === 'UTC' || abbreviation === '' ? 'time.UTC' : `time.Location(${quoteGo(abbreviation)})`
  return formatTime(moment, `time.Date(2006, time.January, 2, 15, 4, 5, NANOS, ZONE)`)
    .replace(/^time\.Date\(0*(?=\d)/, 'time.Date(')
    .replace(/, 0(\d), (\d\d?), (\d\d?), NANOS/, ', $1, $2, $3, NANOS')
    .replace('NANOS', String(moment.nanoseconds))
    .replace('ZONE', zone)
}

export function isTime(value: GoValue): value is GoObject & { readonly moment: Moment } {
  return typeof value === 'object' && value !== null && 'moment' in value
}

function methodOf(moment: Moment, name: string): GoFunction | undefined {
  const local = civil(moment.seconds + moment.zone.offsetSeconds)
  const results: Readonly<Record<string, () => GoValue>> = {
    Year: () => int(local.year),
    Month: () => namedInt(local.month, { type: 'time.Month', print: months[local.month - 1] ?? '' }),
    Day: () => int(local.day),
    Hour: () => int(local.hour),
    Minute: () => int(local.minute),
    Second: () => int(local.second),
    Nanosecond: () => int(moment.nanoseconds),
    YearDay: () => int(local.yearDay),
    Weekday: () => namedInt(local.weekday, { type: 'time.Weekday', print: days[local.weekday] ?? '' }),
    Unix: () => int64(moment.seconds),
    UnixMilli: () => int64(BigInt(moment.seconds) * 1000n + BigInt(Math.floor(moment.nanoseconds / 1e6))),
    UnixNano: () => int64(BigInt(moment.seconds) * 1_000_000_000n + BigInt(moment.nanoseconds)),
    UTC: () => timeObject({ ...moment, zone: utc }),
    String: () => formatTime(moment, '2006-01-02 15:04:05.999999999 -0700 MST'),
    IsZero: () => moment.seconds === zeroTime.seconds && moment.nanoseconds === 0,
  }
  if (name === 'Format') return new GoFunction({ params: ['string'] }, (layout) => formatTime(moment, layout as string))
  const result = results[name]
  return result === undefined ? undefined : new GoFunction({ params: [] }, result)
}

function namedInt(value: number, how: { readonly type: string; readonly print: string }): GoObject {
  return {
    [goObject]: { type: how.type, kind: 'int64', print: () => how.print, underlying: new GoInt(BigInt(value), 'int') },
  }
}
