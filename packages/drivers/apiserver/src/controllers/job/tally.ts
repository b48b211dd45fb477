import { children, numeric, text } from '../../kinds/draft.ts'
import { isDeleting, labelsOf, specOf, statusOf, timeOf, type KubeObject } from '../runtime/kube-object.ts'
import { isActive } from '../runtime/pods.ts'

/** Label and annotation with the index of a pod of an Indexed Job. */
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index'

/** How the pods of a Job stand. */
export interface Tally {
  readonly active: number
  readonly succeeded: number
  readonly failed: number
  readonly terminating: number
  readonly lastFailureMs: number | undefined
  /** `0,2-4`; empty for Jobs that are not Indexed. */
  readonly completedIndexes: string
  readonly succeededIndexes: ReadonlySet<number>
}

/** Counts the pods of a Job. Ends that were counted before stay counted when their pod is gone. */
export function countPods(job: KubeObject, pods: readonly KubeObject[]): Tally {
  const before = statusOf(job)
  const isIndexed = specOf(job)['completionMode'] === 'Indexed'
  const ended = (phase: string): readonly KubeObject[] => pods.filter((pod) => text(statusOf(pod), 'phase') === phase)
  const indexes = new Set(
    isIndexed ? [...parseIndexes(text(before, 'completedIndexes')), ...ended('Succeeded').map(indexOf)] : [],
  )
  const failures = ended('Failed')
  const failureTimes = failures.flatMap(endedAt)
  return {
    active: pods.filter(isActive).length,
    succeeded: isIndexed ? indexes.size : Math.max(numeric(before, 'succeeded') ?? 0, ended('Succeeded').length),
    failed: Math.max(numeric(before, 'failed') ?? 0, failures.length),
    terminating: pods.filter((pod) => isDeleting(pod) && text(statusOf(pod), 'phase') === 'Running').length,
    lastFailureMs: failureTimes.length === 0 ? undefined : Math.max(...failureTimes),
    completedIndexes: formatIndexes(indexes),
    succeededIndexes: indexes,
  }
}

/** Indexes of an Indexed Job that have neither succeeded nor a pod, lowest first. */
export function missingIndexes(job: KubeObject, tally: Tally, active: readonly KubeObject[]): readonly number[] {
  const taken = new Set(active.map(indexOf))
  const completions = numeric(specOf(job), 'completions') ?? 0
  return Array.from({ length: completions }, (_value, index) => index).filter(
    (index) => !taken.has(index) && !tally.succeededIndexes.has(index),
  )
}

function indexOf(pod: KubeObject): number {
  return Number(labelsOf(pod)[INDEX_LABEL] ?? -1)
}

function endedAt(pod: KubeObject): readonly number[] {
  return children(statusOf(pod), 'containerStatuses').flatMap((status) => {
    const state = status['state'] as { readonly terminated?: Readonly<Record<string, unknown>> } | undefined
    const ms = timeOf(state?.terminated, 'finishedAt')
    return ms === undefined ? [] : [ms]
  })
}

function parseIndexes(written: string): readonly number[] {
  if (written === '') return []
  return written.split(',').flatMap((part) => {
    const [first = '', last = first] = part.split('-')
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_value, offset) => Number(first) + offset)
  })
}

function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].toSorted((left, right) => left - right)
  const parts: string[] = []
  let start: number | undefined
  for (const [position, index] of sorted.entries()) {
    start ??= index
    if (sorted[position + 1] === index + 1) continue
    parts.push(start === index ? String(index) : start + 1 === index ? `${start},${index}` : `${start}-${index}`)
    start = undefined
  }
  return parts.join(',')
}
