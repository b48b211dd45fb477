// Days and months of one or two digits; with a time, `T` or `t` needs a zone and a space must not have one.
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)?)?$/

/** Whether Go's YAML reads the text as a date or a moment. */
export function isTimestamp(text: string): boolean {
  if (text.charCodeAt(4) !== 45) return false
  const match = TIMESTAMP.exec(text)
  if (match === null) return false
  const [, year, month, day, separator, hour, minute, second, , zone] = match
  if (separator !== undefined && (separator === ' ') === (zone !== undefined)) return false
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1) return false
  if (Number(day) > daysIn(Number(year), Number(month))) return false
  return Number(hour ?? 0) < 24 && Number(minute ?? 0) < 60 && Number(second ?? 0) < 60
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** The moment in the form of RFC 3339, as Go's JSON prints it. */
export function formatTimestamp(text: string): string {
  const [, year = '', month = '', day = '', , hour = '', minute = '', second = '', fraction = '', zone = 'Z'] =
    TIMESTAMP.exec(text) ?? []
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const time = [hour, minute, second].map((part) => part.padStart(2, '0')).join(':')
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  const offset = /^[+-]00:00$/.test(zone) ? 'Z' : zone
  return `${date}T${time}${digits === '' ? '' : `.${digits}`}${offset}`
}
