const msPerDay = 86_400_000

/** A time, in milliseconds since the epoch, as records hold it: RFC 3339 in UTC, with as much of the milliseconds as Go writes. */
export function recordTime(nowMs: number): string {
  const days = Math.floor(nowMs / msPerDay)
  const rest = nowMs - days * msPerDay
  const { year, month, day } = dateOf(days)
  const clock = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1000) % 60]
  const date = [digits(year, 4), digits(month, 2), digits(day, 2)].join('-')
  return `${date}T${clock.map((part) => digits(part, 2)).join(':')}${fraction(Math.floor(rest) % 1000)}Z`
}

/** Go writes no zeros at the end of it. */
function fraction(ms: number): string {
  return ms === 0 ? '' : `.${digits(ms, 3).replace(/0+$/, '')}`
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

const daysPerEra = 146_097

/** The Gregorian date of a day counted from 1970-01-01; years are counted from March, so that leap days come last. */
function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / daysPerEra)
  const dayOfEra = shifted - era * daysPerEra
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}
