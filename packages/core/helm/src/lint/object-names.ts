import { quoteGo } from '@kedge/gotemplate'

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const serviceLabel = '[a-z]([-a-z0-9]*[a-z0-9])?'
const pathKinds = new Set(['role', 'clusterrole', 'rolebinding', 'clusterrolebinding'])

/** What the linter says of an object's name; undefined of a good one. Rules and words are those of Kubernetes' validation. */
export function nameProblem(kind: string, name: string): string | undefined {
  const problems = problemsOf(kind.toLowerCase(), name).map(
    (problem) => `metadata.name: Invalid value: ${quoteGo(name)}: ${problem}`,
  )
  if (problems.length === 0) return undefined
  const all = problems.length === 1 ? problems.join('') : `[${problems.join(', ')}]`
  return `object name does not conform to Kubernetes naming requirements: ${quoteGo(name)}: ${all}`
}

function problemsOf(kind: string, name: string): readonly string[] {
  if (kind === 'certificatesigningrequest') return []
  if (pathKinds.has(kind)) return pathProblems(name)
  if (kind === 'service') return [...tooLong(name, 63), ...serviceProblems(name)]
  if (kind === 'namespace') return [...tooLong(name, 63), ...namespaceProblems(name)]
  return [...tooLong(name, 253), ...subdomainProblems(name)]
}

/** Go counts bytes; names that are not of ASCII break the patterns anyway. */
function tooLong(name: string, limit: number): readonly string[] {
  return name.length > limit ? [`must be no more than ${limit} characters`] : []
}

function subdomainProblems(name: string): readonly string[] {
  if (fits(name, subdomain)) return []
  return [
    `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
  ]
}

function namespaceProblems(name: string): readonly string[] {
  if (fits(name, label)) return []
  if (fits(name, subdomain)) return ['must not contain dots']
  return [
    `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  ]
}

function serviceProblems(name: string): readonly string[] {
  if (fits(name, serviceLabel)) return []
  return [
    `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${serviceLabel}')`,
  ]
}

function pathProblems(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`)
}

function fits(name: string, pattern: string): boolean {
  return new RegExp(`^${pattern}$`).test(name)
}
