import type { JsonPatchStep } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'

const bookkeeping: readonly string[] = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid']

/** Changes listed of one object; whoever has more of them is told enough. */
const maxSteps = 1000

/**
 * What an apply would make of a live object, as a JSON patch of it. Lists of one length are compared item by item,
 * others are replaced. Values of Secrets are masked.
 */
export function fieldChanges(live: KubeObject, predicted: KubeObject): readonly JsonPatchStep[] {
  const steps: JsonPatchStep[] = []
  compare(contentOf(live), contentOf(predicted), { path: '', steps })
  const isSecret = live.kind === 'Secret' && live.apiVersion === 'v1'
  return isSecret ? steps.map(masked) : steps
}

function masked(step: JsonPatchStep): JsonPatchStep {
  const isValue = /^\/(?:data|stringData)(?:\/|$)/.test(step.path)
  return isValue && 'value' in step ? { ...step, value: '***' } : step
}

function contentOf(object: KubeObject): Readonly<Record<string, unknown>> {
  const { status: _status, metadata, ...rest } = object
  return {
    ...rest,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !bookkeeping.includes(key))),
  }
}

interface At {
  readonly path: string
  readonly steps: JsonPatchStep[]
}

function compare(before: unknown, after: unknown, at: At): void {
  if (at.steps.length >= maxSteps || Object.is(before, after)) return
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, item] of before.entries()) compare(item, after[index], below(at, String(index)))
  } else if (isMap(before) && isMap(after)) compareMaps(before, after, at)
  else at.steps.push({ op: 'replace', path: at.path, value: after })
}

function compareMaps(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  at: At,
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const place = below(at, key)
    if (!Object.hasOwn(after, key)) at.steps.push({ op: 'remove', path: place.path })
    else if (Object.hasOwn(before, key)) compare(before[key], after[key], place)
    else at.steps.push({ op: 'add', path: place.path, value: after[key] })
  }
}

function below(at: At, key: string): At {
  return { ...at, path: `${at.path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
