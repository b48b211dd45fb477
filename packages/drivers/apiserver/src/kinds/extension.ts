import type { Draft, FieldError } from '../contracts.ts'
import { child, children, ensure, fill, numeric, strings, text } from './draft.ts'
import { immutable, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel, dns1035Label, dnsSubdomain, pathSegment } from './names.ts'
import type { KindRules } from './strategy.ts'

/** Validating and mutating webhook configurations. */
export const webhookRules: KindRules = {
  clusterScoped: true,
  hasGeneration: true,
  defaults: (draft) => {
    const mutating = draft['kind'] === 'MutatingWebhookConfiguration'
    for (const webhook of children(draft, 'webhooks')) {
      defaultMatch(webhook)
      fill(webhook, 'failurePolicy', 'Fail')
      fill(webhook, 'timeoutSeconds', 10)
      if (mutating) fill(webhook, 'reinvocationPolicy', 'Never')
      defaultRuleScopes(webhook, 'rules')
      const service = child(child(webhook, 'clientConfig'), 'service')
      if (service !== undefined) fill(service, 'port', 443)
    }
  },
  check: (object) =>
    children(object, 'webhooks').flatMap((webhook, index) => checkWebhook(webhook, `webhooks[${index}]`)),
}

/** ValidatingAdmissionPolicy and MutatingAdmissionPolicy. */
export const admissionPolicyRules: KindRules = {
  clusterScoped: true,
  hasGeneration: true,
  hasStatus: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    fill(spec, 'failurePolicy', 'Fail')
    const match = child(spec, 'matchConstraints')
    if (match !== undefined) defaultMatchResources(match)
  },
  check: (object) => {
    const spec = child(object, 'spec')
    return child(spec, 'matchConstraints') === undefined ? [required('spec.matchConstraints')] : []
  },
}

/** Bindings of admission policies. */
export const admissionPolicyBindingRules: KindRules = {
  clusterScoped: true,
  hasGeneration: true,
  defaults: (draft) => {
    const match = child(child(draft, 'spec'), 'matchResources')
    if (match !== undefined) defaultMatchResources(match)
  },
  check: (object) => {
    const spec = child(object, 'spec')
    const errors: FieldError[] = []
    if (text(spec, 'policyName') === '') errors.push(required('spec.policyName'))
    if (object['kind'] === 'ValidatingAdmissionPolicyBinding' && strings(spec, 'validationActions').length === 0) {
      errors.push(required('spec.validationActions'))
    }
    return errors
  },
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Schemas are judged by the type system. */
export const definitionRules: KindRules = {
  anyFinalizer: true,
  clusterScoped: true,
  hasGeneration: true,
  hasStatus: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    const names = ensure(spec, 'names')
    if (text(names, 'kind') !== '') {
      fill(names, 'singular', text(names, 'kind').toLowerCase())
      fill(names, 'listKind', `${text(names, 'kind')}List`)
    }
    fill(ensure(spec, 'conversion'), 'strategy', 'None')
    const webhook = child(child(spec, 'conversion'), 'webhook')
    const service = child(child(webhook, 'clientConfig'), 'service')
    if (service !== undefined) fill(service, 'port', 443)
  },
  create: (draft) => {
    draft['status'] = { storedVersions: storageVersions(draft) }
  },
  update: (draft) => {
    const status = { ...child(draft, 'status') }
    const stored = new Set([...strings(status, 'storedVersions'), ...storageVersions(draft)])
    draft['status'] = { ...status, storedVersions: [...stored] }
  },
  check: checkDefinition,
  checkUpdate: (object, old) => {
    const spec = child(object, 'spec')
    const before = child(old, 'spec')
    const errors: FieldError[] = []
    for (const key of ['group', 'scope'] as const) {
      if (spec?.[key] !== before?.[key]) errors.push(immutable(`spec.${key}`, spec?.[key]))
    }
    for (const key of ['plural', 'kind'] as const) {
      const name = text(child(spec, 'names'), key)
      if (name !== text(child(before, 'names'), key)) errors.push(immutable(`spec.names.${key}`, name))
    }
    return errors
  },
}

/** apiregistration.k8s.io/v1 APIService. */
export const apiServiceRules: KindRules = {
  nameRule: pathSegment,
  anyFinalizer: true,
  clusterScoped: true,
  hasStatus: true,
  defaults: (draft) => {
    const service = child(child(draft, 'spec'), 'service')
    if (service !== undefined) fill(service, 'port', 443)
  },
  check: (object) => {
    const spec = child(object, 'spec')
    const expected = `${text(spec, 'version')}.${text(spec, 'group')}`
    const name = text(child(object, 'metadata'), 'name')
    const errors =
      name === expected
        ? []
        : [invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: "${expected}"`)]
    const version = text(spec, 'version')
    if (text(spec, 'group') === '' && (version !== 'v1' || child(spec, 'service') !== undefined)) {
      errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
    }
    errors.push(...dns1035Label(version).map((fault) => invalid('spec.version', version, fault)))
    for (const [key, most] of [
      ['groupPriorityMinimum', 20_000],
      ['versionPriority', 1000],
    ] as const) {
      const value = numeric(spec, key) ?? 0
      if (value > 0 && value <= most) continue
      errors.push(invalid(`spec.${key}`, value, `must be positive and less than ${most}`))
    }
    return errors
  },
}

function defaultMatch(match: Draft): void {
  fill(match, 'matchPolicy', 'Equivalent')
  match['namespaceSelector'] ??= {}
  match['objectSelector'] ??= {}
}

function defaultMatchResources(match: Draft): void {
  defaultMatch(match)
  defaultRuleScopes(match, 'resourceRules')
  defaultRuleScopes(match, 'excludeResourceRules')
}

function defaultRuleScopes(holder: Draft, key: string): void {
  for (const rule of children(holder, key)) fill(rule, 'scope', '*')
}

function checkWebhook(webhook: Readonly<Draft>, field: string): FieldError[] {
  const errors: FieldError[] = []
  const name = text(webhook, 'name')
  if (name.split('.').length < 3) {
    errors.push(invalid(`${field}.name`, name, 'should be a domain with at least three segments separated by dots'))
  }
  const effects = text(webhook, 'sideEffects')
  if (effects !== '' && !['None', 'NoneOnDryRun'].includes(effects)) {
    errors.push(unsupported(`${field}.sideEffects`, effects, ['None', 'NoneOnDryRun']))
  } else if (effects === '') {
    errors.push(required(`${field}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  }
  if (strings(webhook, 'admissionReviewVersions').length === 0) {
    errors.push(required(`${field}.admissionReviewVersions`, 'must specify one of v1, v1beta1'))
  }
  const config = child(webhook, 'clientConfig')
  if ((text(config, 'url') === '') === (child(config, 'service') === undefined)) {
    errors.push(required(`${field}.clientConfig`, 'exactly one of url or service is required'))
  }
  const timeout = webhook['timeoutSeconds']
  if (typeof timeout === 'number' && (timeout < 1 || timeout > 30)) {
    errors.push(invalid(`${field}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'))
  }
  if (!['Fail', 'Ignore'].includes(text(webhook, 'failurePolicy'))) {
    errors.push(unsupported(`${field}.failurePolicy`, webhook['failurePolicy'], ['Fail', 'Ignore']))
  }
  const reinvocation = text(webhook, 'reinvocationPolicy')
  if (reinvocation !== '' && !['IfNeeded', 'Never'].includes(reinvocation)) {
    errors.push(unsupported(`${field}.reinvocationPolicy`, reinvocation, ['IfNeeded', 'Never']))
  }
  return errors
}

function storageVersions(definition: Readonly<Draft>): readonly string[] {
  return children(child(definition, 'spec'), 'versions')
    .filter((version) => version['storage'] === true)
    .map((version) => text(version, 'name'))
}

function checkDefinition(object: Readonly<Draft>): FieldError[] {
  const spec = child(object, 'spec')
  const names = child(spec, 'names')
  const group = text(spec, 'group')
  const plural = text(names, 'plural')
  const errors: FieldError[] = []
  const name = text(child(object, 'metadata'), 'name')
  if (name !== `${plural}.${group}`) {
    errors.push(invalid('metadata.name', name, `must be spec.names.plural+"."+spec.group`))
  }
  if (group === '') errors.push(required('spec.group'))
  else errors.push(...dnsSubdomain(group).map((fault) => invalid('spec.group', group, fault)))
  if (group !== '' && !group.includes('.'))
    errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  const scope = text(spec, 'scope')
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(scope === '' ? required('spec.scope') : unsupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  }
  errors.push(...checkVersions(children(spec, 'versions')))
  errors.push(...checkDefinitionNames(names))
  if (spec?.['preserveUnknownFields'] === true) {
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  }
  if (!children(spec, 'versions').some((version) => version['storage'] === true)) {
    errors.push(invalid('status.storedVersions', undefined, 'must have at least one stored version'))
  }
  return errors
}

function checkDefinitionNames(names: Readonly<Draft> | undefined): FieldError[] {
  const errors: FieldError[] = []
  for (const key of ['plural', 'singular'] as const) {
    const value = text(names, key)
    if (value === '') errors.push(required(`spec.names.${key}`))
    else errors.push(...dns1035Label(value).map((fault) => invalid(`spec.names.${key}`, value, fault)))
  }
  for (const key of ['kind', 'listKind'] as const) {
    const value = text(names, key)
    if (value === '') errors.push(required(`spec.names.${key}`))
    else
      errors.push(
        ...dns1035Label(value.toLowerCase()).map((fault) =>
          invalid(`spec.names.${key}`, value, `may have mixed case, but should otherwise match: ${fault}`),
        ),
      )
  }
  if (text(names, 'kind') !== '' && text(names, 'kind') === text(names, 'listKind')) {
    errors.push(invalid('spec.names.listKind', text(names, 'listKind'), 'kind and listKind may not be the same'))
  }
  for (const [index, shortName] of strings(names, 'shortNames').entries()) {
    errors.push(...dns1035Label(shortName).map((fault) => invalid(`spec.names.shortNames[${index}]`, shortName, fault)))
  }
  return errors
}

function checkVersions(versions: readonly Readonly<Draft>[]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, version] of versions.entries()) {
    const name = text(version, 'name')
    errors.push(...dnsLabel(name).map((fault) => invalid(`spec.versions[${index}].name`, name, fault)))
    if (seen.has(name)) errors.push(invalid('spec.versions', name, 'must contain unique version names'))
    seen.add(name)
    if (child(child(version, 'schema'), 'openAPIV3Schema') === undefined) {
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'))
    }
  }
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    const shown = versions.length === 0 ? undefined : versions.map((version) => version['name'])
    errors.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'))
  }
  return errors
}
