import { regexProblem } from '@kedge/gotemplate'

const hostName =
  /^(?=.{1,253}\.?$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => date.test(text),
  time: (text) => time.test(text),
  'date-time': (text) => date.test(text.slice(0, 10)) && /^[Tt]$/.test(text.charAt(10)) && time.test(text.slice(11)),
  email: (text) => /^[^\s@]{1,64}@[^\s@]+$/.test(text) && hostName.test(text.slice(text.lastIndexOf('@') + 1)),
  hostname: (text) => hostName.test(text),
  ipv4: (text) => ipv4.test(text),
  ipv6: (text) => /^[0-9A-Fa-f:.]{2,45}$/.test(text) && text.includes(':'),
  uri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*$/.test(text),
  'uri-reference': (text) => /^[^\s<>"{}|\\^`]*$/.test(text),
  uuid: (text) => /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text),
}

/** What is wrong with a text by a format; undefined when nothing is, and for formats that are not known. */
export function formatProblem(text: string, format: string): string | undefined {
  if (format === 'regex') return regexProblem(text)
  const check = Object.hasOwn(checks, format) ? checks[format] : undefined
  if (check === undefined || check(text)) return undefined
  switch (format) {
    case 'email':
      return text.includes('@') ? 'invalid' : 'missing @'
    case 'date-time':
      return text.length < 20 ? 'less than 20 characters long' : 'invalid'
    case 'ipv4':
      return text.split('.').length === 4 ? 'decimal must be between 0 and 255' : 'expected four decimals'
    default:
      return 'invalid'
  }
}
