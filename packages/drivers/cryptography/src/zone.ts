/** Abbreviations that ICU does not give in English: standard and summer time. */
const abbreviations: Readonly<Record<string, readonly [string, string]>> = {
  'GMT+1': ['CET', 'BST'],
  'GMT+2': ['EET', 'CEST'],
  'GMT+3': ['MSK', 'EEST'],
}

/** Those of zones elsewhere: one name the whole year, or standard and summer time. */
const elsewhere: Readonly<Record<string, string>> = {
  'Africa/Cairo': 'EET EEST', 'Africa/Johannesburg': 'SAST', 'Africa/Lagos': 'WAT', 'Africa/Nairobi': 'EAT',
  'Asia/Calcutta': 'IST', 'Asia/Hong_Kong': 'HKT', 'Asia/Jakarta': 'WIB', 'Asia/Jerusalem': 'IST IDT',
  'Asia/Karachi': 'PKT', 'Asia/Kolkata': 'IST', 'Asia/Manila': 'PST', 'Asia/Seoul': 'KST', 'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST', 'Asia/Tokyo': 'JST', 'Australia/Brisbane': 'AEST', 'Australia/Darwin': 'ACST',
  'Australia/Perth': 'AWST',
} // prettier-ignore

/** The zone of a name at a moment, as Go's time package prints it; the machine's own for an empty name. */
export function zoneAt(
  name: string,
  seconds: number,
): { readonly abbreviation: string; readonly offsetSeconds: number } | undefined {
  const timeZone = name === '' || name === 'Local' ? undefined : name
  if (timeZone === 'UTC') return { abbreviation: 'UTC', offsetSeconds: 0 }
  try {
    const short = nameOf(seconds, { timeZone, style: 'short' })
    const offsetSeconds = offsetOf(nameOf(seconds, { timeZone, style: 'longOffset' }))
    return { abbreviation: abbreviationOf(short, { timeZone, seconds, offsetSeconds }), offsetSeconds }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function nameOf(
  seconds: number,
  how: { readonly timeZone: string | undefined; readonly style: 'short' | 'longOffset' },
): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: how.timeZone, timeZoneName: how.style })
  return format.formatToParts(new Date(seconds * 1000)).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
}

function offsetOf(text: string): number {
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text)
  if (match === null) return 0
  const [, sign, hours, minutes, rest = '0'] = match
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
  return sign === '-' ? -total : total
}

function abbreviationOf(
  short: string,
  at: { readonly timeZone: string | undefined; readonly seconds: number; readonly offsetSeconds: number },
): string {
  if (!short.startsWith('GMT') || short === 'GMT') return short
  const known = at.timeZone?.startsWith('Europe/') === true ? abbreviations[short] : undefined
  if (known !== undefined) return known[isSummer(at) ? 1 : 0]
  const [standard, summer] = elsewhere[at.timeZone ?? '']?.split(' ') ?? []
  if (standard !== undefined) return summer !== undefined && isSummer(at) ? summer : standard
  const minutes = Math.abs(Math.round(at.offsetSeconds / 60))
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0')
  return `${at.offsetSeconds < 0 ? '-' : '+'}${hours}${rest}`
}

/** Whether clocks are ahead of what they are in January of that year. */
function isSummer(at: {
  readonly timeZone: string | undefined
  readonly seconds: number
  readonly offsetSeconds: number
}): boolean {
  const january = Date.UTC(new Date(at.seconds * 1000).getUTCFullYear(), 0, 1) / 1000
  return offsetOf(nameOf(january, { timeZone: at.timeZone, style: 'longOffset' })) !== at.offsetSeconds
}
