import { type KubeObject } from '@kedge/manifest'

import { perform, type FluxProgram } from '../reconcile/effects.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { finalizer } from '../reconcile/target.ts'
import { isRecord } from '../spec/field-reader.ts'
import { checkRepositoryUrl, readHelmRepository } from './helm-repository-spec.ts'
import { failedEnd, storedEnd, type SourcePass } from './source-end.ts'
import { suspendedSource } from './source-status.ts'

/** One pass over a HelmRepository: fetch the index when it moved, and say so in the status (SPEC.md Y1 to Y4). */
export function* reconcileHelmRepository(object: KubeObject, context: PassContext): FluxProgram<PassEnd> {
  const pass: SourcePass = { object, context }
  const parsed = readHelmRepository(object)
  if (!parsed.ok) return failedEnd(pass, parsed.failure)
  const spec = parsed.value
  if (spec.type === 'oci') return spec.suspend ? restingRegistry : yield* restRegistry(object)
  if (spec.suspend) return suspendedSource(object)
  const url = checkRepositoryUrl(spec.url)
  if (!url.ok) return failedEnd(pass, url.failure)
  const { namespace = '', name = '' } = object.metadata
  const answer = yield* perform({ kind: 'fetch-index', spec, place: { namespace, name } })
  if (answer.kind === 'failed') return failedEnd(pass, answer.failure)
  const { artifact, latestUrl } = answer
  const size = artifact.size === undefined ? 'unknown size' : `size ${humanSize(artifact.size)}`
  return storedEnd(pass, {
    artifact,
    latestUrl,
    intervalMs: spec.intervalMs,
    reason: 'Succeeded',
    message: `stored artifact: revision '${artifact.revision}'`,
    news: {
      reason: 'NewArtifact',
      recovered: 'Succeeded',
      message: `stored fetched index of ${size} from '${spec.url}'`,
    },
    observed: {},
  })
}

/** What is static has no status, suspended or not. */
const restingRegistry: PassEnd = {
  status: undefined,
  notes: [],
  next: { kind: 'stalled', reason: 'suspended' },
  summary: 'suspended',
}

/** A registry has no index: such an object is only read by HelmCharts, and what a reconciler left on it goes. */
function* restRegistry(object: KubeObject): FluxProgram<PassEnd> {
  const finalizers = object.metadata.finalizers ?? []
  const left = finalizers.filter((one) => one !== finalizer)
  if (left.length !== finalizers.length) yield* perform({ kind: 'set-finalizers', finalizers: left })
  const status = isRecord(object['status']) ? object['status'] : {}
  const isTouched = ['conditions', 'artifact', 'url', 'lastHandledReconcileAt'].some((field) => field in status)
  return {
    status: isTouched ? {} : undefined,
    notes: [],
    next: { kind: 'stalled', reason: 'a registry has no index' },
    summary: '',
  }
}

const units = ['B', 'kB', 'MB', 'GB']

/** Four digits and a decimal unit, as in `30.88kB`. */
function humanSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${String(Number(value.toPrecision(4)))}${units[unit] ?? ''}`
}
