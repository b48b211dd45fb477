import { isIPv4, isIPv6 } from 'node:net'

const goDuration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$|^[+-]?0$/
const scalaDuration =
  /^\d+\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/
const label = '[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?'
const lowLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

function matches(pattern: RegExp, length = Number.POSITIVE_INFINITY): (text: string) => boolean {
  return (text) => text.length <= length && pattern.test(text)
}

function uuid(version: string): (text: string) => boolean {
  return matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?[0-9a-f]{12}$`, 'i'))
}

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false
  return (isIPv4(address) && Number(prefix) <= 32) || (isIPv6(address) && Number(prefix) <= 128)
}

const fullDate = /^(\d{4})-(\d\d)-(\d\d)$/

function isDate(text: string): boolean {
  const [, year = '', month = '', day = ''] = fullDate.exec(text) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return year !== '' && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

const dateTime = /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d|:60)?(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?$/

function isDateTime(text: string): boolean {
  const date = dateTime.exec(text)?.[1]
  return date !== undefined && isDate(date)
}

function isUri(text: string): boolean {
  return /^([a-zA-Z][a-zA-Z0-9+.-]*:\S+|\/\S*)$/.test(text) && !/%(?![0-9a-fA-F]{2})/.test(text)
}

function digitsOf(text: string): string {
  return text.replaceAll(/[\s-]/g, '')
}

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text)
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = Array.from(digits).reduce(
    (total, digit, at) => total + (at + 1) * (digit === 'X' ? 10 : Number(digit)),
    0,
  )
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text)
  if (!/^\d{13}$/.test(digits)) return false
  return Array.from(digits).reduce((total, digit, at) => total + (at % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

/** Formats of texts that the server checks, by name without dashes. */
const checks: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  uri: isUri,
  email: matches(/^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$|^[^<>]*<[^\s@<>]+@[^\s@<>]+>$/),
  hostname: matches(new RegExp(`^${label}(\\.${label})*\\.?$`), 255),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: matches(/^([0-9a-f]{2}[:-]){5,19}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2,9}[0-9a-f]{4}$/i),
  uuid: uuid('[0-9a-f]{4}-?[0-9a-f]{4}'),
  uuid3: uuid('3[0-9a-f]{3}-?[0-9a-f]{4}'),
  uuid4: uuid('4[0-9a-f]{3}-?[89ab][0-9a-f]{3}'),
  uuid5: uuid('5[0-9a-f]{3}-?[89ab][0-9a-f]{3}'),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(
    /^rgb\(\s*(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(\s*,\s*(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){2}\s*\)$/,
  ),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  date: isDate,
  datetime: isDateTime,
  duration: (text) => goDuration.test(text) || scalaDuration.test(text),
  k8sshortname: matches(new RegExp(`^${lowLabel}$`), 63),
  k8slongname: matches(new RegExp(`^${lowLabel}(\\.${lowLabel})*$`), 253),
}

/** Whether a text has a format; formats that the server does not know hold for every text. */
export function hasFormat(text: string, format: string): boolean {
  return checks[format.replaceAll('-', '')]?.(text) ?? true
}

/** Whether a number is in the range of `int32`, `int64` or `float`; other formats hold for every number. */
export function isInRange(value: number, format: string): boolean {
  switch (format) {
    case 'int32':
      return value >= -(2 ** 31) && value < 2 ** 31
    case 'int64':
      return value >= -(2 ** 63) && value <= 2 ** 63
    case 'float':
      return Math.abs(value) <= 3.402_823_466_385_288_6e38
    default:
      return true
  }
}
