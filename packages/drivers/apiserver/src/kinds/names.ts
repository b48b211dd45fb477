const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const PORT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/
const ENV_NAME = /^[ -<>-~]+$/

/** Says what is wrong with a text, in the server's words; an empty list when nothing is. */
export type NameRule = (value: string) => readonly string[]

/** RFC 1123 label of at most 63 characters. */
export function dnsLabel(value: string): readonly string[] {
  const faults = value.length > 63 ? ['must be no more than 63 characters'] : []
  if (DNS_LABEL.test(value)) return faults
  if (DNS_SUBDOMAIN.test(value)) return [...faults, 'must not contain dots']
  return [
    ...faults,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]
}

/** RFC 1123 subdomain of at most 253 characters. */
export function dnsSubdomain(value: string): readonly string[] {
  const faults = value.length > 253 ? ['must be no more than 253 characters'] : []
  if (DNS_SUBDOMAIN.test(value)) return faults
  return [
    ...faults,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]
}

/** RFC 1035 label, as Service names are. */
export function dns1035Label(value: string): readonly string[] {
  const faults = value.length > 63 ? ['must be no more than 63 characters'] : []
  if (DNS_1035.test(value)) return faults
  return [
    ...faults,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  ]
}

/** Any name that fits into a path, as RBAC names are. */
export function pathSegment(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter((mark) => value.includes(mark)).map((mark) => `may not contain '${mark}'`)
}

/** `prefix/name` as label keys and annotation keys are. */
export function qualifiedName(value: string): readonly string[] {
  const parts = value.split('/')
  if (parts.length > 2) return [qualifiedHelp('a qualified name')]
  const faults: string[] = []
  const name = parts.at(-1) ?? ''
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') faults.push('prefix part must be non-empty')
    else faults.push(...dnsSubdomain(prefix).map((fault) => `prefix part ${fault}`))
  }
  if (name === '') faults.push('name part must be non-empty')
  else if (name.length > 63) faults.push('name part must be no more than 63 bytes')
  if (!QUALIFIED.test(name)) faults.push(qualifiedHelp('name part'))
  return faults
}

function qualifiedHelp(subject: string): string {
  const tail =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  return subject === 'name part'
    ? `name part ${tail}`
    : `a qualified name ${tail} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`
}

/** A label's value. */
export function labelValue(value: string): readonly string[] {
  const faults = value.length > 63 ? ['must be no more than 63 bytes'] : []
  if (LABEL_VALUE.test(value)) return faults
  return [
    ...faults,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]
}

/** IANA service name, as container port names are. */
export function portName(value: string): readonly string[] {
  const faults: string[] = []
  if (value.length > 15) faults.push('must be no more than 15 characters')
  if (!PORT_NAME.test(value)) faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) faults.push('must contain at least one letter (a-z)')
  if (value.includes('--')) faults.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) faults.push('must not begin or end with a hyphen')
  return faults
}

/** A key of a ConfigMap or Secret. */
export function configKey(value: string): readonly string[] {
  if (value.length > 253) return ['must be no more than 253 characters']
  if (!CONFIG_KEY.test(value)) {
    return [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ]
  }
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

/** The name of an environment variable: printable ASCII without `=`. */
export function envName(value: string): readonly string[] {
  if (ENV_NAME.test(value)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}
