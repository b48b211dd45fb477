import type { Draft, FieldError, Refusal, StrategyContext } from '../contracts.ts'
import { checkPodSpec } from './check-pod-spec.ts'
import { child, children, ensure, fill, numeric, sameValue, strings, text } from './draft.ts'
import { forbidden, invalid } from './field-errors.ts'
import { defaultPod, defaultPodSpec } from './pod-defaults.ts'
import type { KindRules } from './strategy.ts'

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const TOKEN_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const EVICTION_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const
const UPDATABLE =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** v1 Pod, with what the ServiceAccount, Priority, LimitRanger and toleration admission plugins add. */
export const podRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    defaultPodSpec(spec)
    defaultPod(spec)
  },
  create: (draft, context) => {
    admitDefaults(draft, context)
    const spec = ensure(draft, 'spec')
    const gated = children(spec, 'schedulingGates').length > 0
    draft['status'] = {
      phase: 'Pending',
      ...(gated
        ? {
            conditions: [
              {
                type: 'PodScheduled',
                status: 'False',
                reason: 'SchedulingGated',
                message: 'Scheduling is blocked due to non-empty scheduling gates',
              },
            ],
          }
        : {}),
      qosClass: qosClass(spec),
    }
  },
  check: (object) => checkPodSpec(child(object, 'spec'), 'spec'),
  checkUpdate: checkPodUpdate,
  admit: (object, old, context) => (old === undefined ? requireServiceAccount(object, context) : undefined),
  graceSeconds: podGraceSeconds,
  fields: (object) => {
    const spec = child(object, 'spec')
    const status = child(object, 'status')
    return {
      'spec.nodeName': text(spec, 'nodeName'),
      'spec.restartPolicy': text(spec, 'restartPolicy'),
      'spec.schedulerName': text(spec, 'schedulerName'),
      'spec.serviceAccountName': text(spec, 'serviceAccountName'),
      'spec.hostNetwork': String(spec?.['hostNetwork'] === true),
      'status.phase': text(status, 'phase'),
      'status.podIP': text(status, 'podIP'),
      'status.podIPs': children(status, 'podIPs')
        .map((entry) => text(entry, 'ip'))
        .join(','),
      'status.nominatedNodeName': text(status, 'nominatedNodeName'),
    }
  },
}

/** Quality of service: Guaranteed, Burstable or BestEffort. */
export function qosClass(spec: Readonly<Draft>): string {
  const containers = [...children(spec, 'containers'), ...children(spec, 'initContainers')]
  let guaranteed = true
  let any = false
  for (const container of containers) {
    const limits = child(child(container, 'resources'), 'limits') ?? {}
    const requests = child(child(container, 'resources'), 'requests') ?? {}
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) any = true
      if (limits[name] === undefined || (requests[name] ?? limits[name]) !== limits[name]) guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** Five characters as generated names end in. */
export function randomSuffix(random: () => number): string {
  let suffix = ''
  for (let index = 0; index < 5; index += 1) {
    suffix += SUFFIX_ALPHABET[Math.floor(random() * SUFFIX_ALPHABET.length)] ?? 'x'
  }
  return suffix
}

function admitDefaults(draft: Draft, context: StrategyContext): void {
  const spec = ensure(draft, 'spec')
  const namespace = text(child(draft, 'metadata'), 'namespace')
  fill(spec, 'serviceAccountName', 'default')
  spec['serviceAccount'] = spec['serviceAccountName']
  const account = context.lookup('', 'serviceaccounts', namespace, text(spec, 'serviceAccountName'))
  if (account !== undefined) {
    const pullSecrets = children(account, 'imagePullSecrets')
    if (children(spec, 'imagePullSecrets').length === 0 && pullSecrets.length > 0) {
      spec['imagePullSecrets'] = pullSecrets.map((secret) => ({ ...secret }))
    }
  }
  mountToken(spec, account, context)
  addTolerations(spec)
  setPriority(spec, context)
  applyLimitRanges(spec, context.list('', 'limitranges', namespace))
}

function mountToken(spec: Draft, account: Readonly<Draft> | undefined, context: StrategyContext): void {
  const wanted = spec['automountServiceAccountToken'] ?? account?.['automountServiceAccountToken'] ?? true
  if (wanted === false) return
  const open = [...children(spec, 'initContainers'), ...children(spec, 'containers')].filter(
    (container) => !children(container, 'volumeMounts').some((mount) => mount['mountPath'] === TOKEN_MOUNT),
  )
  if (open.length === 0) return
  const name = `kube-api-access-${randomSuffix(context.random)}`
  for (const container of open) {
    container['volumeMounts'] = [
      ...children(container, 'volumeMounts'),
      { name, readOnly: true, mountPath: TOKEN_MOUNT },
    ]
  }
  spec['volumes'] = [...children(spec, 'volumes'), tokenVolume(name)]
}

function tokenVolume(name: string): Draft {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  }
}

function addTolerations(spec: Draft): void {
  const present = children(spec, 'tolerations')
  const added = EVICTION_TAINTS.filter(
    (key) =>
      !present.some(
        (toleration) =>
          (toleration['key'] === key || (text(toleration, 'key') === '' && toleration['operator'] === 'Exists')) &&
          (text(toleration, 'effect') === '' || toleration['effect'] === 'NoExecute'),
      ),
  ).map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
  if (added.length > 0) spec['tolerations'] = [...present, ...added]
}

function setPriority(spec: Draft, context: StrategyContext): void {
  if (spec['priority'] !== undefined) return
  const name = text(spec, 'priorityClassName')
  let chosen = name === '' ? undefined : context.lookup('scheduling.k8s.io', 'priorityclasses', '', name)
  if (name === '') {
    for (const candidate of context.list('scheduling.k8s.io', 'priorityclasses', '')) {
      if (candidate['globalDefault'] === true) chosen = candidate
    }
    if (chosen !== undefined) spec['priorityClassName'] = text(child(chosen, 'metadata'), 'name')
  }
  spec['priority'] = numeric(chosen, 'value') ?? 0
  fill(spec, 'preemptionPolicy', chosen?.['preemptionPolicy'] ?? 'PreemptLowerPriority')
}

function applyLimitRanges(spec: Draft, ranges: Iterable<Readonly<Draft>>): void {
  for (const range of ranges) {
    for (const limit of children(child(range, 'spec'), 'limits')) {
      if (limit['type'] !== 'Container') continue
      for (const container of [...children(spec, 'containers'), ...children(spec, 'initContainers')]) {
        mergeMissing(ensure(container, 'resources'), 'limits', child(limit, 'default'))
        mergeMissing(ensure(container, 'resources'), 'requests', child(limit, 'defaultRequest'))
      }
    }
  }
}

function mergeMissing(resources: Draft, key: string, defaults: Readonly<Draft> | undefined): void {
  if (defaults === undefined || Object.keys(defaults).length === 0) return
  resources[key] = { ...defaults, ...child(resources, key) }
}

function requireServiceAccount(pod: Readonly<Draft>, context: StrategyContext): Refusal | undefined {
  const metadata = child(pod, 'metadata')
  const namespace = text(metadata, 'namespace')
  const spec = child(pod, 'spec')
  const name = text(metadata, 'name')
  const account = text(spec, 'serviceAccountName')
  if (context.lookup('', 'serviceaccounts', namespace, account) === undefined) {
    return {
      code: 403,
      reason: 'Forbidden',
      message: `pods "${name}" is forbidden: error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    }
  }
  const priorityClass = text(spec, 'priorityClassName')
  if (priorityClass !== '' && context.lookup('scheduling.k8s.io', 'priorityclasses', '', priorityClass) === undefined) {
    return {
      code: 403,
      reason: 'Forbidden',
      message: `pods "${name}" is forbidden: no PriorityClass with name ${priorityClass} was found`,
    }
  }
  return undefined
}

function podGraceSeconds(pod: Readonly<Draft>, requested: number | undefined): number {
  const spec = child(pod, 'spec')
  const phase = text(child(pod, 'status'), 'phase')
  if (text(spec, 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0
  return Math.max(0, requested ?? numeric(spec, 'terminationGracePeriodSeconds') ?? 30)
}

function checkPodUpdate(pod: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  const spec = child(pod, 'spec') ?? {}
  const before = child(old, 'spec') ?? {}
  if (sameValue(spec, before)) return []
  for (const list of ['containers', 'initContainers'] as const) {
    if (children(spec, list).length !== children(before, list).length) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')]
    }
  }
  const errors: FieldError[] = []
  const added = children(before, 'tolerations').filter(
    (toleration) => !children(spec, 'tolerations').some((item) => sameValue(item, toleration)),
  )
  if (added.length > 0) {
    errors.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'))
  }
  const deadline = numeric(spec, 'activeDeadlineSeconds')
  const deadlineBefore = numeric(before, 'activeDeadlineSeconds')
  if (deadline !== undefined && deadlineBefore !== undefined && deadline > deadlineBefore) {
    errors.push(invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value'))
  }
  if (!sameValue(fixedPart(spec), fixedPart(before))) {
    errors.push(forbidden('spec', `pod updates may not change fields other than ${UPDATABLE}`))
  }
  return errors
}

function fixedPart(spec: Readonly<Draft>): Draft {
  const {
    tolerations: _tolerations,
    activeDeadlineSeconds: _deadline,
    schedulingGates: _gates,
    ephemeralContainers: _ephemeral,
    containers: _containers,
    initContainers: _initContainers,
    ...rest
  } = spec
  const strip = (container: Draft): Draft => ({ ...container, image: '' })
  return {
    ...rest,
    containers: children(spec, 'containers').map(strip),
    initContainers: children(spec, 'initContainers').map(strip),
  }
}

/** Finalizers of an object. */
export function finalizersOf(object: Readonly<Draft>): readonly string[] {
  return strings(child(object, 'metadata'), 'finalizers')
}
