import type { Draft, FieldError, Refusal, StrategyContext } from '../contracts.ts'
import { oneOf } from './check-container.ts'
import { checkSelector } from './check-metadata.ts'
import { child, children, ensure, fill, sameValue, strings, text } from './draft.ts'
import { immutable, invalid, required, unsupported } from './field-errors.ts'
import { dnsSubdomain, pathSegment } from './names.ts'
import type { KindRules } from './strategy.ts'

const GROUP = 'rbac.authorization.k8s.io'
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'] as const

/** Role. */
export const roleRules: KindRules = {
  nameRule: pathSegment,
  check: (object) => checkRules(object, true),
  admit: refuseEscalation,
}

/** ClusterRole. */
export const clusterRoleRules: KindRules = {
  nameRule: pathSegment,
  clusterScoped: true,
  check: (object) => [
    ...checkRules(object, false),
    ...children(child(object, 'aggregationRule'), 'clusterRoleSelectors').flatMap((selector, index) =>
      checkSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`),
    ),
  ],
  admit: refuseEscalation,
}

/** RoleBinding. */
export const roleBindingRules: KindRules = {
  nameRule: pathSegment,
  defaults: defaultBinding,
  check: (object) => checkBinding(object, ['Role', 'ClusterRole'], true),
  checkUpdate: checkRoleRefKept,
  admit: refuseEscalation,
}

/** ClusterRoleBinding. */
export const clusterRoleBindingRules: KindRules = {
  nameRule: pathSegment,
  clusterScoped: true,
  defaults: defaultBinding,
  check: (object) => checkBinding(object, ['ClusterRole'], false),
  checkUpdate: checkRoleRefKept,
  admit: refuseEscalation,
}

function refuseEscalation(
  object: Readonly<Draft>,
  old: Readonly<Draft> | undefined,
  context: StrategyContext,
): Refusal | undefined {
  return context.access?.escalation(object, old, context.user)
}

function defaultBinding(draft: Draft): void {
  fill(ensure(draft, 'roleRef'), 'apiGroup', GROUP)
  for (const subject of children(draft, 'subjects')) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') fill(subject, 'apiGroup', GROUP)
  }
}

function checkRules(object: Readonly<Draft>, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, rule] of children(object, 'rules').entries()) {
    const field = `rules[${index}]`
    const urls = strings(rule, 'nonResourceURLs')
    if (urls.length > 0) {
      errors.push(...checkUrlRule(rule, urls, { field: `${field}.nonResourceURLs`, namespaced }))
      continue
    }
    if (strings(rule, 'apiGroups').length === 0) {
      errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
    }
    if (strings(rule, 'resources').length === 0) {
      errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
    }
  }
  for (const [index, rule] of children(object, 'rules').entries()) {
    if (strings(rule, 'verbs').length === 0) errors.push(required(`rules[${index}].verbs`))
  }
  return errors
}

function checkUrlRule(
  rule: Readonly<Draft>,
  urls: readonly string[],
  options: { readonly field: string; readonly namespaced: boolean },
): FieldError[] {
  const errors: FieldError[] = []
  if (options.namespaced) {
    errors.push(invalid(options.field, urls, 'namespaced rules cannot apply to non-resource URLs'))
  }
  if (['apiGroups', 'resources', 'resourceNames'].some((key) => strings(rule, key).length > 0)) {
    errors.push(invalid(options.field, urls, 'rules cannot apply to both regular resources and non-resource URLs'))
  }
  return errors
}

function checkBinding(object: Readonly<Draft>, roleKinds: readonly string[], namespaced: boolean): FieldError[] {
  const roleRef = child(object, 'roleRef')
  const errors: FieldError[] = []
  if (roleRef?.['apiGroup'] !== GROUP) errors.push(unsupported('roleRef.apiGroup', roleRef?.['apiGroup'], [GROUP]))
  if (!roleKinds.includes(text(roleRef, 'kind'))) {
    errors.push(unsupported('roleRef.kind', roleRef?.['kind'] ?? '', roleKinds))
  }
  const name = text(roleRef, 'name')
  if (name === '') errors.push(required('roleRef.name'))
  else errors.push(...pathSegment(name).map((fault) => invalid('roleRef.name', name, fault)))
  for (const [index, subject] of children(object, 'subjects').entries()) {
    errors.push(...checkSubject(subject, namespaced, `subjects[${index}]`))
  }
  return errors
}

function checkSubject(subject: Readonly<Draft>, namespaced: boolean, field: string): FieldError[] {
  const name = text(subject, 'name')
  const errors = name === '' ? [required(`${field}.name`)] : []
  switch (text(subject, 'kind')) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...dnsSubdomain(name).map((fault) => invalid(`${field}.name`, name, fault)))
      if (text(subject, 'apiGroup') !== '') errors.push(unsupported(`${field}.apiGroup`, subject['apiGroup'], ['']))
      if (!namespaced && text(subject, 'namespace') === '') errors.push(required(`${field}.namespace`))
      return errors
    case 'User':
    case 'Group':
      return [...errors, ...oneOf(subject, 'apiGroup', { field, allowed: [GROUP] })]
    default:
      return [...errors, unsupported(`${field}.kind`, subject['kind'] ?? '', SUBJECT_KINDS)]
  }
}

function checkRoleRefKept(object: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  if (sameValue(object['roleRef'], old['roleRef'])) return []
  const roleRef = child(object, 'roleRef')
  // The real server shows its internal type, whose fields have no JSON names.
  const shown = { APIGroup: roleRef?.['apiGroup'], Kind: roleRef?.['kind'], Name: roleRef?.['name'] }
  return [immutable('roleRef', shown)]
}
