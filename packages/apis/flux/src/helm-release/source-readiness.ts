import { type KubeObject } from '@kedge/manifest'

import { readArtifact } from '../reconcile/git-repository.ts'
import { findCondition, readConditions } from '../status/conditions.ts'
import { isRecord } from '../spec/field-reader.ts'

/** Why a source's artifact cannot be used, in Flux's words; undefined when it can (SPEC.md HS12). */
export function sourceProblem(source: KubeObject): string | undefined {
  const { namespace = '', name = '' } = source.metadata
  const place = `${source.kind} '${namespace}/${name}' is not ready`
  const hasArtifact = readArtifact(source) !== undefined
  // Whoever makes an ExternalArtifact need not keep conditions.
  if (source.kind === 'ExternalArtifact') return hasArtifact ? undefined : `${place}: does not have an artifact`
  const status = isRecord(source['status']) ? source['status'] : {}
  const conditions = readConditions(status)
  const ready = findCondition(conditions, 'Ready')
  if (status['observedGeneration'] !== source.metadata.generation) {
    const unseen = 'latest generation of object has not been reconciled'
    return `${place}: ${ready?.status === 'False' ? ready.message : unseen}`
  }
  const stalled = findCondition(conditions, 'Stalled')
  if (stalled?.status === 'True') return `${place}: ${stalled.message}`
  return hasArtifact ? undefined : `${place}: does not have an artifact`
}
