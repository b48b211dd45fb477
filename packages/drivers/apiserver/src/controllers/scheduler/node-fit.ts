import type { Draft } from '../../contracts.ts'
import { child, children, stringMap, strings, text } from '../../kinds/draft.ts'
import { quantityNanos } from '../../kinds/quantity.ts'
import { isTrue, labelsOf, nameOf, specOf, statusOf, type KubeObject } from '../runtime/kube-object.ts'

/** Resources that pods ask for, in billionths of their unit. */
export type Amounts = ReadonlyMap<string, bigint>

/** Why a node does not take a pod, as the scheduler words it; undefined when it does. */
export function whyNot(pod: KubeObject, node: KubeObject, used: Amounts): string | undefined {
  if (specOf(node)['unschedulable'] === true && !toleratesTaint(pod, UNSCHEDULABLE)) return 'node(s) were unschedulable'
  const taint = children(specOf(node), 'taints').find(
    (each) => (each['effect'] === 'NoSchedule' || each['effect'] === 'NoExecute') && !toleratesTaint(pod, each),
  )
  if (taint !== undefined) {
    const value = text(taint, 'value')
    return `node(s) had untolerated taint(s)${value === '' ? ` {${text(taint, 'key')}}` : ` {${text(taint, 'key')}: ${value}}`}`
  }
  if (!isTrue(node, 'Ready')) return 'node(s) were not ready'
  if (!matchesAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector"
  return missingResource(pod, node, used)
}

/** What a pod asks for: the sum of its containers, or the largest init container, and one place among pods. */
export function requestsOf(pod: KubeObject): Amounts {
  const total = new Map<string, bigint>([['pods', 1_000_000_000n]])
  for (const container of children(specOf(pod), 'containers')) {
    for (const [name, amount] of requestsIn(container)) total.set(name, (total.get(name) ?? 0n) + amount)
  }
  for (const container of children(specOf(pod), 'initContainers')) {
    for (const [name, amount] of requestsIn(container)) if (amount > (total.get(name) ?? 0n)) total.set(name, amount)
  }
  return total
}

/** Whether a DaemonSet's pod may be on a node, whatever is free there. */
export function mayRunOn(pod: KubeObject, node: KubeObject): boolean {
  const blocked = children(specOf(node), 'taints').some(
    (taint) => taint['effect'] !== 'PreferNoSchedule' && !toleratesTaint(pod, taint),
  )
  return !blocked && matchesAffinity(pod, node)
}

const UNSCHEDULABLE: Readonly<Draft> = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Whether one of a pod's tolerations covers a taint. */
export function toleratesTaint(pod: KubeObject, taint: Readonly<Draft>): boolean {
  return children(specOf(pod), 'tolerations').some((toleration) => {
    const effect = text(toleration, 'effect')
    if (effect !== '' && effect !== taint['effect']) return false
    const key = text(toleration, 'key')
    if (key !== '' && key !== taint['key']) return false
    return toleration['operator'] === 'Exists' || text(toleration, 'value') === text(taint, 'value')
  })
}

function matchesAffinity(pod: KubeObject, node: KubeObject): boolean {
  const labels = labelsOf(node)
  for (const [key, value] of Object.entries(stringMap(specOf(pod), 'nodeSelector')))
    if (labels[key] !== value) return false
  const required = child(
    child(child(specOf(pod), 'affinity'), 'nodeAffinity'),
    'requiredDuringSchedulingIgnoredDuringExecution',
  )
  if (required === undefined) return true
  return children(required, 'nodeSelectorTerms').some((term) => {
    const byLabel = children(term, 'matchExpressions').every((expression) => matchesTerm(expression, labels))
    const byField = children(term, 'matchFields').every((expression) =>
      matchesTerm(expression, { 'metadata.name': nameOf(node) }),
    )
    return byLabel && byField
  })
}

function matchesTerm(expression: Readonly<Draft>, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[text(expression, 'key')]
  const values = strings(expression, 'values')
  switch (text(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

function missingResource(pod: KubeObject, node: KubeObject, used: Amounts): string | undefined {
  const allocatable = child(statusOf(node), 'allocatable') ?? {}
  for (const [name, amount] of requestsOf(pod)) {
    if (amount === 0n) continue
    const free = (quantityNanos(allocatable[name]) ?? 0n) - (used.get(name) ?? 0n)
    if (amount > free) return name === 'pods' ? 'Too many pods' : `Insufficient ${name}`
  }
  return undefined
}

function requestsIn(container: Readonly<Draft>): readonly (readonly [string, bigint])[] {
  const requests = child(child(container, 'resources'), 'requests') ?? {}
  return Object.entries(requests).map(([name, value]) => [name, quantityNanos(value) ?? 0n] as const)
}
