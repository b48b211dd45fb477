import type { Draft, FieldError } from '../contracts.ts'
import { checkContainers, checkHostPorts, checkNonNegative, oneOf } from './check-container.ts'
import { checkAnnotations, checkLabels, checkSelector, checkUnique } from './check-metadata.ts'
import { child, children, numeric, stringMap, text } from './draft.ts'
import { forbidden, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel, dnsSubdomain } from './names.ts'
import { isEmptySelector, matchesSelector } from './selectors.ts'

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'] as const
const TOLERATION_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

/** A pod template's labels, annotations and spec. */
export function checkPodTemplate(template: Readonly<Draft> | undefined, field: string): FieldError[] {
  const metadata = child(template, 'metadata')
  return [
    ...checkLabels(stringMap(metadata, 'labels'), `${field}.labels`),
    ...checkAnnotations(stringMap(metadata, 'annotations'), `${field}.annotations`),
    ...checkPodSpec(child(template, 'spec'), `${field}.spec`),
  ]
}

/** A pod spec. Rules left out are listed in SPEC.md. */
export function checkPodSpec(spec: Readonly<Draft> | undefined, field: string): FieldError[] {
  const containers = children(spec, 'containers')
  const volumes = children(spec, 'volumes')
  const names = new Set(volumes.map((volume) => text(volume, 'name')))
  const errors = checkVolumes(volumes, `${field}.volumes`)
  if (containers.length === 0) errors.push(required(`${field}.containers`))
  errors.push(...checkContainers(containers, names, `${field}.containers`))
  errors.push(...checkHostPorts(containers, `${field}.containers`))
  errors.push(...checkContainers(children(spec, 'initContainers'), names, `${field}.initContainers`))
  errors.push(...checkNamesAcross(spec, field))
  errors.push(...oneOf(spec, 'restartPolicy', { field, allowed: ['Always', 'OnFailure', 'Never'] }))
  errors.push(...oneOf(spec, 'dnsPolicy', { field, allowed: DNS_POLICIES }))
  errors.push(...checkNonNegative(spec, 'terminationGracePeriodSeconds', field))
  errors.push(...checkLabels(stringMap(spec, 'nodeSelector'), `${field}.nodeSelector`))
  for (const key of ['serviceAccountName', 'nodeName', 'priorityClassName'] as const) {
    const value = text(spec, key)
    if (value !== '') errors.push(...dnsSubdomain(value).map((fault) => invalid(`${field}.${key}`, value, fault)))
  }
  for (const key of ['hostname', 'subdomain'] as const) {
    const value = text(spec, key)
    if (value !== '') errors.push(...dnsLabel(value).map((fault) => invalid(`${field}.${key}`, value, fault)))
  }
  const deadline = numeric(spec, 'activeDeadlineSeconds')
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'))
  }
  errors.push(...checkTolerations(children(spec, 'tolerations'), `${field}.tolerations`))
  return errors
}

/** The rules that bind a workload's selector, its template and their labels. */
export function checkWorkloadTemplate(
  spec: Readonly<Draft> | undefined,
  options: { readonly kind: string; readonly emptyWord: string },
): FieldError[] {
  const selector = child(spec, 'selector')
  const template = child(spec, 'template')
  const errors: FieldError[] = []
  const faults = checkSelector(selector, 'spec.selector')
  const isDaemonSet = options.kind === 'DaemonSet'
  if (selector === undefined) {
    if (!isDaemonSet) errors.push(required('spec.selector'))
  } else {
    errors.push(...faults)
    if (faults.length > 0 && !isDaemonSet) errors.push(invalid('spec.selector', selector, 'invalid label selector'))
    if (isEmptySelector(selector)) {
      errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${options.emptyWord}`))
    }
  }
  const labels = stringMap(child(template, 'metadata'), 'labels')
  const isMatched = selector !== undefined && (isEmptySelector(selector) || matchesSelector(selector, labels))
  if (!isMatched && faults.length === 0) {
    const shown = Object.keys(labels).length === 0 ? undefined : labels
    errors.push(invalid('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'))
  }
  errors.push(...checkPodTemplate(template, 'spec.template'))
  const podSpec = child(template, 'spec')
  if (podSpec !== undefined && podSpec['restartPolicy'] !== 'Always') {
    errors.push(unsupported('spec.template.spec.restartPolicy', podSpec['restartPolicy'], ['Always']))
  }
  if (podSpec?.['activeDeadlineSeconds'] !== undefined) {
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        `activeDeadlineSeconds in ${options.kind} is not Supported`,
      ),
    )
  }
  return errors
}

function checkVolumes(volumes: readonly Readonly<Draft>[], field: string): FieldError[] {
  const errors = checkUnique(volumes, 'name', (index) => `${field}[${index}].name`)
  for (const [index, volume] of volumes.entries()) {
    const at = `${field}[${index}]`
    const name = text(volume, 'name')
    if (name === '') errors.push(required(`${at}.name`))
    else errors.push(...dnsLabel(name).map((fault) => invalid(`${at}.name`, name, fault)))
    const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== undefined)
    for (const source of sources.slice(1)) {
      errors.push(forbidden(`${at}.${source}`, 'may not specify more than 1 volume type'))
    }
    const claim = child(volume, 'persistentVolumeClaim')
    if (claim !== undefined && text(claim, 'claimName') === '') {
      errors.push(required(`${at}.persistentVolumeClaim.claimName`))
    }
    const secret = child(volume, 'secret')
    if (secret !== undefined && text(secret, 'secretName') === '') errors.push(required(`${at}.secret.secretName`))
    const hostPath = child(volume, 'hostPath')
    if (hostPath !== undefined && text(hostPath, 'path') === '') errors.push(required(`${at}.hostPath.path`))
    const configMap = child(volume, 'configMap')
    if (configMap !== undefined && text(configMap, 'name') === '') errors.push(required(`${at}.configMap.name`))
  }
  return errors
}

function checkNamesAcross(spec: Readonly<Draft> | undefined, field: string): FieldError[] {
  const taken = new Set(children(spec, 'containers').map((container) => container['name']))
  return children(spec, 'initContainers').flatMap((container, index) =>
    taken.has(container['name']) && text(container, 'name') !== ''
      ? [
          {
            reason: 'FieldValueDuplicate',
            field: `${field}.initContainers[${index}].name`,
            message: `Duplicate value: ${JSON.stringify(container['name'])}`,
          },
        ]
      : [],
  )
}

function checkTolerations(tolerations: readonly Readonly<Draft>[], field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, toleration] of tolerations.entries()) {
    const at = `${field}[${index}]`
    const operator = text(toleration, 'operator')
    if (operator !== 'Exists' && text(toleration, 'key') === '') {
      errors.push(
        invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    }
    if (operator === 'Exists' && text(toleration, 'value') !== '') {
      errors.push(invalid(`${at}.operator`, toleration['value'], "value must be empty when `operator` is 'Exists'"))
    }
    const effect = text(toleration, 'effect')
    if (effect !== '') errors.push(...oneOf(toleration, 'effect', { field: at, allowed: TOLERATION_EFFECTS }))
  }
  return errors
}
