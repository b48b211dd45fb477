const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Parts {
  readonly date: string
  readonly time: string
  readonly fraction: string
  /** `Z` or `+hh:mm`. */
  readonly zone: string
}

/** Year 1 stands for no time, as in Go. */
function partsOf(text: string): Parts {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  const [, date = '0001-01-01', time = '00:00:00', fraction = '', zone = 'Z'] = match ?? []
  return { date, time, fraction: fraction.replace(/0+$/, ''), zone }
}

/** A stored time as Go's `Time.String()`: `2026-01-02 03:04:05.6 +0000 UTC`. A zone that is not UTC has no name. */
export function printTime(text: string): string {
  const { date, time, fraction, zone } = partsOf(text)
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '')
  return `${date} ${time}${fraction === '' ? '' : `.${fraction}`} ${offset} ${zone === 'Z' ? 'UTC' : offset}`
}

/** A stored time in ANSI C's form: `Fri Jan  2 03:04:05 2026`. */
export function printAnsiTime(text: string): string {
  const { date, time } = partsOf(text)
  const [year = '', month = '', day = ''] = date.split('-')
  const weekday = days[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? ''
  return `${weekday} ${months[Number(month) - 1] ?? ''} ${String(Number(day)).padStart(2)} ${time} ${year}`
}

/** A stored time to the second, RFC 3339. */
export function printPlainTime(text: string): string {
  const { date, time, zone } = partsOf(text)
  return `${date}T${time}${zone}`
}

/** When a stored time was, in whole seconds since the epoch. */
export function secondsOf(text: string): number {
  return Math.floor(Date.parse(printPlainTime(text)) / 1000)
}
