import type { Draft } from '../contracts.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { objectAnswer, type Answer, type Call } from './call.ts'
import { commitUpdate, put } from './commit.ts'
import { deleteStored, type DeleteOptions } from './delete.ts'
import { cloneValue, draftsOf, metadataOf, ownMetadata, partOf, textOf, timestamp } from './draft.ts'
import { readIncoming } from './incoming.ts'
import { parseDryRun, parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { selectorText } from './selector-text.ts'
import { requireStored, resourceSubject, type Scope } from './scope.ts'
import { parseLabelSelector } from './selectors.ts'
import { badRequest, conflict, StatusError } from './status.ts'

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

/** POST pods/<name>/binding: gives the pod to a node. */
export function bind(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'CreateOptions', call.userAgent)
  const expected = { group: '', version: 'v1', kind: 'Binding' }
  const { draft: binding } = readIncoming(parts, { call, expected, options })
  if (scope.name !== '') requireSameName(scope, binding, 'Binding')
  const node = textOf(partOf(binding, 'target'), 'name')
  if (node === '') throw badRequest('the binding names no node: set target.name')
  const pod = { ...scope, name: scope.name === '' ? textOf(metadataOf(binding), 'name') : scope.name }
  const old = requireStored(parts, pod)
  const assigned = textOf(partOf(old.object, 'spec'), 'nodeName')
  if (assigned !== '') {
    throw conflict(
      { ...resourceSubject(pod), kind: 'pods/binding' },
      `pod ${pod.name} is already assigned to node "${assigned}"`,
    )
  }
  const draft: Draft = cloneValue(old.object)
  const status = partOf(draft, 'status')
  const others = draftsOf(status, 'conditions').filter((condition) => condition['type'] !== 'PodScheduled')
  const observed = metadataOf(draft)['generation']
  const scheduled = {
    type: 'PodScheduled',
    ...(observed === undefined ? {} : { observedGeneration: observed }),
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(parts.clock.now()),
  }
  draft['spec'] = { ...partOf(draft, 'spec'), nodeName: node }
  draft['status'] = { ...status, conditions: [...others, scheduled] }
  const annotations = partOf(metadataOf(binding), 'annotations')
  if (Object.keys(annotations).length > 0) {
    ownMetadata(draft)['annotations'] = { ...partOf(metadataOf(draft), 'annotations'), ...annotations }
  }
  commitUpdate(parts, { scope: { ...pod, subresource: 'binding' }, call, options, draft, old, live: old.object })
  return objectAnswer(201, success)
}

function requireSameName(scope: Scope, body: Readonly<Draft>, kind: string): void {
  if (textOf(metadataOf(body), 'name') === scope.name) return
  throw badRequest(`name in URL does not match name in ${kind} object`)
}

/** POST pods/<name>/eviction: deletes the pod when its disruption budgets allow it. */
export function evict(parts: Parts, scope: Scope, call: Call): Answer {
  const options = parseWriteOptions(call.query, 'CreateOptions', call.userAgent)
  const expected = { group: 'policy', version: 'v1', kind: 'Eviction' }
  const { draft } = readIncoming(parts, { call, expected, options })
  requireSameName(scope, draft, 'Eviction')
  const old = requireStored(parts, scope)
  const wanted = partOf(draft, 'deleteOptions')
  const dryRun = options.dryRun || parseDryRun((wanted['dryRun'] as string[] | undefined) ?? [], 'DeleteOptions')
  spendBudget(parts, old, dryRun)
  const grace = wanted['gracePeriodSeconds']
  const deletion: DeleteOptions = {
    graceSeconds: typeof grace === 'number' ? grace : undefined,
    propagation: undefined,
    uid: '',
    resourceVersion: '',
    dryRun,
  }
  deleteStored(parts, scope, { old, options: deletion })
  return objectAnswer(201, success)
}

/** Takes one disruption from the budget that covers the pod, or refuses; pods that do not run need none. */
function spendBudget(parts: Parts, pod: StoredObject, dryRun: boolean): void {
  const metadata = metadataOf(pod.object)
  const phase = textOf(partOf(pod.object, 'status'), 'phase')
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || metadata['deletionTimestamp'] !== undefined)
    return
  const shelf = 'poddisruptionbudgets.policy'
  const budgets = parts.storage
    .list(shelf, `${textOf(metadata, 'namespace')}/`)
    .filter((budget) => covers(budget.object, metadata))
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new StatusError(500, 'InternalError', { message })
  }
  const [budget] = budgets
  if (budget === undefined) return
  const status = partOf(budget.object, 'status')
  const left = status['disruptionsAllowed']
  if (typeof left !== 'number' || left <= 0) throw budgetSpent(budget.object, status)
  const disrupted = { ...partOf(status, 'disruptedPods'), [textOf(metadata, 'name')]: timestamp(parts.clock.now()) }
  const object = { ...budget.object, status: { ...status, disruptionsAllowed: left - 1, disruptedPods: disrupted } }
  put(parts, { scope: { shelf }, key: budget.key, object, dryRun })
}

function covers(budget: Readonly<Draft>, pod: Readonly<Draft>): boolean {
  const selector = partOf(budget, 'spec')['selector']
  if (selector === undefined) return false
  return parseLabelSelector(selectorText(selector))?.(partOf(pod, 'labels')) ?? true
}

function budgetSpent(budget: Readonly<Draft>, status: Readonly<Draft>): StatusError {
  const name = textOf(metadataOf(budget), 'name')
  const desired = countText(status['desiredHealthy'])
  const present = countText(status['currentHealthy'])
  return new StatusError(429, 'TooManyRequests', {
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${desired} healthy pods and has ${present} currently`,
        },
      ],
    },
  })
}

function countText(value: unknown): string {
  return typeof value === 'number' ? String(value) : '0'
}

/** GET pods/<name>/log: nothing runs here, so that is what the log says. */
export function podLog(parts: Parts, scope: Scope, call: Call): Answer {
  const pod = requireStored(parts, scope).object
  const containers = draftsOf(partOf(pod, 'spec'), 'containers').map((container) => textOf(container, 'name'))
  const asked = call.query.get('container') ?? ''
  if (asked !== '' && !containers.includes(asked))
    throw badRequest(`container ${asked} is not valid for pod ${scope.name}`)
  if (asked === '' && containers.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${scope.name}, choose one of: [${containers.join(' ')}]`,
    )
  }
  const text = `containers are simulated in this cluster: ${asked === '' ? (containers[0] ?? '') : asked} wrote no log\n`
  return { kind: 'text', status: 200, contentType: 'text/plain', text }
}
