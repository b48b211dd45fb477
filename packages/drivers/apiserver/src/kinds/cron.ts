/** A parsed cron schedule: the allowed values of each of its five fields. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** A day field that was not `*` restricts; when both do, either may match. */
  readonly dayRestricted: boolean
  readonly weekdayRestricted: boolean
  /** Fixed distance of an `@every` schedule, in milliseconds. */
  readonly everyMs?: number
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MINUTE_MS = 60_000
/** A schedule that matches no minute of five years never will: 29 February at most every eight. */
const SEARCH_LIMIT_DAYS = 366 * 9

/** Parses five-field cron and the @-words; a string says what is wrong, as the server words it. */
export function parseCron(schedule: string): CronSchedule | string {
  const written = schedule.trim()
  if (written.startsWith('@')) return parseMacro(written)
  const fields = written.split(/\s+/)
  if (fields.length !== 5) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  }
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  const parsed = [
    parseField(minute, { low: 0, high: 59 }),
    parseField(hour, { low: 0, high: 23 }),
    parseField(day, { low: 1, high: 31 }),
    parseField(month, { low: 1, high: 12, names: MONTHS, offset: 1 }),
    parseField(weekday, { low: 0, high: 7, names: WEEKDAYS, offset: 0 }),
  ]
  const fault = parsed.find((field) => typeof field === 'string')
  if (typeof fault === 'string') return fault
  const [minutes, hours, days, months, weekdays] = parsed as ReadonlySet<number>[]
  if (!minutes || !hours || !days || !months || !weekdays) return 'incomplete schedule'
  return {
    minutes,
    hours,
    days,
    months,
    weekdays: new Set([...weekdays].map((value) => value % 7)),
    dayRestricted: !/^[*?]/.test(day),
    weekdayRestricted: !/^[*?]/.test(weekday),
  }
}

/** The first time after `afterMs` at which a schedule is due, in UTC; undefined when there is none. */
export function nextCronTime(schedule: CronSchedule, afterMs: number): number | undefined {
  if (schedule.everyMs !== undefined) return afterMs + schedule.everyMs
  let at = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  for (let day = 0; day < SEARCH_LIMIT_DAYS; day += 1) {
    const date = new Date(at)
    if (matchesDay(schedule, date)) {
      const found = firstOfDay(schedule, date)
      if (found !== undefined) return found
    }
    at = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)
  }
  return undefined
}

function firstOfDay(schedule: CronSchedule, from: Date): number | undefined {
  const midnight = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate())
  for (let minute = from.getUTCHours() * 60 + from.getUTCMinutes(); minute < 1440; minute += 1) {
    if (schedule.hours.has(Math.floor(minute / 60)) && schedule.minutes.has(minute % 60)) {
      return midnight + minute * MINUTE_MS
    }
  }
  return undefined
}

function matchesDay(schedule: CronSchedule, date: Date): boolean {
  if (!schedule.months.has(date.getUTCMonth() + 1)) return false
  const day = schedule.days.has(date.getUTCDate())
  const weekday = schedule.weekdays.has(date.getUTCDay())
  return schedule.dayRestricted && schedule.weekdayRestricted ? day || weekday : day && weekday
}

function parseMacro(written: string): CronSchedule | string {
  const every = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(written)
  if (every !== null) {
    const everyMs = (Number(every[1] ?? 0) * 3600 + Number(every[2] ?? 0) * 60 + Number(every[3] ?? 0)) * 1000
    const base = parseCron('* * * * *')
    return typeof base === 'string' ? base : { ...base, everyMs: Math.max(1000, everyMs) }
  }
  const expanded = MACROS[written]
  return expanded === undefined ? `unrecognized descriptor: ${written}` : parseCron(expanded)
}

interface FieldRange {
  readonly low: number
  readonly high: number
  readonly names?: readonly string[]
  readonly offset?: number
}

function parseField(written: string, range: FieldRange): ReadonlySet<number> | string {
  const values = new Set<number>()
  for (const part of written.split(',')) {
    const fault = addPart(part, range, values)
    if (fault !== undefined) return fault
  }
  return values
}

function addPart(part: string, range: FieldRange, values: Set<number>): string | undefined {
  const [span = '', stepText, ...more] = part.split('/')
  if (more.length > 0) return `too many slashes: ${part}`
  const step = stepText === undefined ? 1 : Number(stepText)
  if (!Number.isInteger(step) || step < 1)
    return `failed to parse int from ${stepText}: strconv.Atoi: parsing "${stepText}": invalid syntax`
  const bounds = spanBounds(span, range, stepText !== undefined)
  if (typeof bounds === 'string') return bounds
  const [from, to] = bounds
  if (from < range.low) return `beginning of range (${from}) below minimum (${range.low}): ${part}`
  if (to > range.high) return `end of range (${to}) above maximum (${range.high}): ${part}`
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${part}`
  for (let value = from; value <= to; value += step) values.add(value)
  return undefined
}

function spanBounds(span: string, range: FieldRange, stepped: boolean): readonly [number, number] | string {
  const high = range.names === WEEKDAYS ? 6 : range.high
  if (span === '*' || span === '?') return [range.low, high]
  const [first = '', last, ...more] = span.split('-')
  if (more.length > 0) return `too many hyphens: ${span}`
  const from = parseValue(first, range)
  if (typeof from === 'string') return from
  if (last === undefined) return [from, stepped ? high : from]
  const to = parseValue(last, range)
  return typeof to === 'string' ? to : [from, to]
}

function parseValue(written: string, range: FieldRange): number | string {
  const named = range.names?.indexOf(written.toLowerCase()) ?? -1
  if (named >= 0) return named + (range.offset ?? 0)
  if (/^\d+$/.test(written)) return Number(written)
  return `failed to parse int from ${written}: strconv.Atoi: parsing "${written}": invalid syntax`
}
