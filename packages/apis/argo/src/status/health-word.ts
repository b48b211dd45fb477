import { assessHealth, type Health } from '@kedge/health'
import { parseApiVersion, type KubeObject } from '@kedge/manifest'

import { asRecord, flagAt } from '../json.ts'

/** Argo CD's words, from best to worst (SPEC.md HL1). */
export type HealthWord = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown'

export interface ResourceHealth {
  readonly status: HealthWord
  readonly message: string
}

const worsening: readonly HealthWord[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']

/** Kinds that have a check; all others have no health and count as healthy. */
const checked: ReadonlySet<string> = new Set([
  'apps/DaemonSet',
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  '/Pod',
  '/Service',
  '/PersistentVolumeClaim',
  'networking.k8s.io/Ingress',
  'batch/Job',
  'autoscaling/HorizontalPodAutoscaler',
  'apiregistration.k8s.io/APIService',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'policy/PodDisruptionBudget',
])

/** An object's health in Argo CD's words; undefined for kinds without a check (SPEC.md HL3 to HL14). */
export function resourceHealth(live: KubeObject | undefined): ResourceHealth | undefined {
  if (live === undefined) return { status: 'Missing', message: '' }
  if (live.metadata.deletionTimestamp !== undefined) return { status: 'Progressing', message: 'Pending deletion' }
  const { group } = parseApiVersion(live.apiVersion)
  const hasConditions =
    Array.isArray(asRecord(live['status'])?.['conditions']) && group.includes('.') && !group.endsWith('.k8s.io')
  if (!checked.has(`${group}/${live.kind}`) && !hasConditions) return undefined
  if (isSuspended(live)) return { status: 'Suspended', message: `${live.kind} is paused` }
  return toWord(assessHealth(live, { expressions: [] }))
}

function isSuspended(live: KubeObject): boolean {
  const spec = asRecord(live['spec'])
  return live.kind === 'Deployment' ? flagAt(spec, 'paused') : live.kind === 'Job' && flagAt(spec, 'suspend')
}

const words = {
  Current: 'Healthy',
  InProgress: 'Progressing',
  Failed: 'Degraded',
  Terminating: 'Progressing',
  NotFound: 'Missing',
  Unknown: 'Unknown',
} as const satisfies Record<Health['status'], HealthWord>

function toWord(health: Health): ResourceHealth {
  return { status: words[health.status], message: health.message }
}

/**
 * The application's health: the worst of its resources. Single missing ones do not count; all missing do. Nothing at all
 * is healthy (SPEC.md HL1, HL2).
 */
export function applicationHealth(resources: readonly (ResourceHealth | undefined)[]): HealthWord {
  const known = resources.filter((one) => one !== undefined)
  if (known.length > 0 && resources.every((one) => one?.status === 'Missing')) return 'Missing'
  const counted = known.filter((one) => one.status !== 'Missing').map((one) => one.status)
  return counted.reduce<HealthWord>((worst, word) => (rank(word) > rank(worst) ? word : worst), 'Healthy')
}

function rank(word: HealthWord): number {
  return worsening.indexOf(word)
}
