import type { AccessAttributes, AccessRule } from '../contracts.ts'

/** Whether a rule allows a request. */
export function ruleAllows(rule: AccessRule, attributes: AccessAttributes): boolean {
  if (!holds(rule.verbs, attributes.verb)) return false
  if (attributes.path !== undefined) return urlMatches(rule.nonResourceURLs ?? [], attributes.path)
  return (
    holds(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources ?? [], attributes.resource, attributes.subresource) &&
    nameMatches(rule.resourceNames, attributes.name)
  )
}

/** The permissions of `wanted` that no rule of `held` covers, one verb and resource each. */
export function missingRules(held: readonly AccessRule[], wanted: readonly AccessRule[]): readonly AccessRule[] {
  return wanted.flatMap(breakDown).filter((single) => !held.some((rule) => covers(rule, single)))
}

/** A rule as messages print it: `{APIGroups:["*"], Resources:["*"], Verbs:["*"]}`. */
export function formatRule(rule: AccessRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${quoteAll(values)}`],
  )
  return `{${shown.join(', ')}}`
}

/** Texts as Go prints a list of quoted strings: `["a" "b"]`. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}

/** Joins rules that differ in nothing but their verbs. */
export function compactRules(rules: readonly AccessRule[]): readonly AccessRule[] {
  const byTarget = new Map<string, AccessRule>()
  for (const rule of rules) {
    const target = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs])
    const present = byTarget.get(target)
    if (present === undefined) byTarget.set(target, rule)
    else
      byTarget.set(target, {
        ...present,
        verbs: [...present.verbs, ...rule.verbs.filter((verb) => !present.verbs.includes(verb))],
      })
  }
  return [...byTarget.values()]
}

function holds(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(wanted))
}

function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  if (resources.includes('*')) return true
  if (subresource === '') return resources.includes(resource)
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`)
}

function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name)
}

function urlMatches(urls: readonly string[], path: string): boolean {
  return urls.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))))
}

function breakDown(rule: AccessRule): readonly AccessRule[] {
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) =>
    rule.verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })),
  )
  const names = rule.resourceNames ?? []
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb): AccessRule[] => {
        const single = { apiGroups: [group], resources: [resource], verbs: [verb] }
        return names.length === 0 ? [single] : names.map((name) => ({ ...single, resourceNames: [name] }))
      }),
    ),
  )
  return [...resources, ...urls]
}

function covers(held: AccessRule, single: AccessRule): boolean {
  const [verb = ''] = single.verbs
  if (!holds(held.verbs, verb)) return false
  const url = single.nonResourceURLs?.[0]
  return url === undefined ? coversResource(held, single) : urlMatches(held.nonResourceURLs ?? [], url)
}

function coversResource(held: AccessRule, single: AccessRule): boolean {
  const [group = ''] = single.apiGroups ?? []
  const [written = ''] = single.resources ?? []
  const [resource = '', subresource = ''] = written.split('/')
  if (!holds(held.apiGroups, group) || !resourceMatches(held.resources ?? [], resource, subresource)) return false
  const names = held.resourceNames ?? []
  const [name] = single.resourceNames ?? []
  return names.length === 0 || (name !== undefined && names.includes(name))
}
