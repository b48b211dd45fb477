import { CelError, CelOpaque, CelOptional } from '../values.ts'
import { binary, holds, isString, none, unary, type Library } from './define.ts'
import { parseDate, parseTimestamp } from '../time-text.ts'

const isFormat = holds('format')
const dnsLabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const dnsSubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const dns1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

type Check = (text: string) => readonly string[]

/** A check by an expression and a length, with a message for each. */
function named(grammar: RegExp, message: string, length: number): Check {
  return (text) => [
    ...(text.length > length ? [`must be no more than ${length} characters`] : []),
    ...(grammar.test(text) ? [] : [message]),
  ]
}

function parsed(what: string, read: (text: string) => unknown): Check {
  return (text) => (read(text) === undefined ? [`invalid ${what}`] : [])
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const name = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

function qualifiedName(text: string): readonly string[] {
  const parts = text.split('/')
  if (parts.length > 2) return [qualified]
  const [prefix, rest = prefix ?? ''] = parts
  const errors = parts.length === 2 && !subdomain.test(prefix ?? '') ? [`prefix part ${dnsSubdomain}`] : []
  if (rest === '') return [...errors, 'name part must be non-empty']
  return [
    ...errors,
    ...(rest.length > 63 ? ['name part must be no more than 63 characters'] : []),
    ...(name.test(rest) ? [] : [qualified]),
  ]
}

/** A name that a generated suffix still follows may end with a dash. */
function prefixOf(check: Check): Check {
  return (text) => check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)
}

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: named(label, dnsLabel, 63),
  dns1123LabelPrefix: prefixOf(named(label, dnsLabel, 63)),
  dns1123Subdomain: named(subdomain, dnsSubdomain, 253),
  dns1123SubdomainPrefix: prefixOf(named(subdomain, dnsSubdomain, 253)),
  dns1035Label: named(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, dns1035, 63),
  dns1035LabelPrefix: prefixOf(named(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, dns1035, 63)),
  qualifiedName,
  labelValue: named(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, labelValue, 63),
  uri: (text) => (/^([a-zA-Z][a-zA-Z0-9+.-]*:.+|\/.*)$/.test(text) ? [] : ['invalid URI']),
  uuid: (text) =>
    /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/.test(text)
      ? []
      : ['does not match the UUID format'],
  byte: (text) =>
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) ? [] : ['invalid base64'],
  date: parsed('date', parseDate),
  datetime: parsed('datetime', parseTimestamp),
}

function format(of: string): CelOpaque {
  return new CelOpaque('kubernetes.NamedFormat', { kind: 'format', name: of })
}

/** `format.dns1123Label()` and the like. */
export const formatFunctions: Library = {
  'format.named': [unary(isString, (of) => new CelOptional(Object.hasOwn(checks, of) ? format(of) : undefined))],
  ...Object.fromEntries(Object.keys(checks).map((of) => [`format.${of}`, [none(() => format(of))]])),
}

/** Methods of formats. */
export const formats: Library = {
  validate: [
    binary([isFormat, isString], (of, text) => {
      const check = checks[of.content.name]
      if (check === undefined) throw new CelError(`unknown format ${of.content.name}`)
      const errors = check(text)
      return new CelOptional(errors.length === 0 ? undefined : errors)
    }),
  ],
}
