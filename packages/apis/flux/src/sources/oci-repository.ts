import { type KubeObject } from '@kedge/manifest'

import { perform, type FluxProgram } from '../reconcile/effects.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { checkOciUrl, readOciRepository, type OciRepositorySpec } from './oci-repository-spec.ts'
import { failedEnd, storedEnd, type SourcePass } from './source-end.ts'
import { notYet, suspendedSource } from './source-status.ts'

/** One pass over an OCIRepository: look at the registry, pull when it moved, and say so in the status (SPEC.md Q1 to Q5). */
export function* reconcileOciRepository(object: KubeObject, context: PassContext): FluxProgram<PassEnd> {
  const pass: SourcePass = { object, context }
  const parsed = readOciRepository(object)
  if (!parsed.ok) return failedEnd(pass, parsed.failure)
  const spec = parsed.value
  if (spec.suspend) return suspendedSource(object)
  const url = checkOciUrl(spec.url)
  if (!url.ok) return failedEnd(pass, url.failure)
  // An artifact that somebody wants checked is not taken unchecked.
  if (spec.verifyProvider !== undefined) {
    const message = `failed to verify the signature using provider '${spec.verifyProvider}': signatures are not checked`
    return failedEnd(pass, notYet('VerificationError', message), { type: 'SourceVerified' })
  }
  const { namespace = '', name = '' } = object.metadata
  const answer = yield* perform({ kind: 'fetch-oci', spec, place: { namespace, name } })
  if (answer.kind === 'failed') return failedEnd(pass, answer.failure)
  const { artifact, latestUrl, metadata } = answer
  return storedEnd(pass, {
    artifact: { ...artifact, metadata },
    latestUrl,
    intervalMs: spec.intervalMs,
    reason: 'Succeeded',
    message: `stored artifact for digest '${artifact.revision}'`,
    news: {
      reason: 'NewArtifact',
      recovered: 'Succeeded',
      message: `stored artifact with revision '${artifact.revision}' from '${spec.url}'${originOf(metadata)}`,
    },
    observed: observedOf(spec),
  })
}

/** Where an artifact was made from, as `flux push artifact` notes it. */
function originOf(metadata: Readonly<Record<string, string>>): string {
  const source = metadata['org.opencontainers.image.source'] ?? ''
  const revision = metadata['org.opencontainers.image.revision'] ?? ''
  return source === '' || revision === '' ? '' : `, origin source '${source}', origin revision '${revision}'`
}

function observedOf(spec: OciRepositorySpec): Readonly<Record<string, unknown>> {
  return {
    ...(spec.ignore === undefined ? {} : { observedIgnore: spec.ignore }),
    ...(spec.layerSelector === undefined ? {} : { observedLayerSelector: spec.layerSelector }),
  }
}
