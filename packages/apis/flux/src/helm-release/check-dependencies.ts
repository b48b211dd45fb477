import { type Failure } from '@kedge/base'

import { dependencyKey } from '../delivery/dependencies.ts'
import { isTrue, readConditions } from '../status/conditions.ts'
import { isRecord } from '../spec/field-reader.ts'
import { ask, type HelmProgram } from './effects.ts'
import { type ReleasePass } from './release-pass.ts'

export type ReleaseDependencies =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'invalid'; readonly failure: Failure }

/** Looks at every dependency in order; the first that is not ready decides (SPEC.md HD33). */
export function* checkReleaseDependencies(pass: ReleasePass): HelmProgram<ReleaseDependencies> {
  const { settings, expressions } = pass.context
  for (const dependency of pass.spec.dependsOn) {
    const { namespace, name, readyExpr } = dependency
    const key = dependencyKey(dependency)
    const apiVersion = 'helm.toolkit.fluxcd.io/v2'
    const found = yield* ask({ kind: 'read', ref: { apiVersion, kind: 'HelmRelease', namespace, name } })
    if (found === undefined) {
      const reason = `helmreleases.helm.toolkit.fluxcd.io "${name}" not found`
      return { kind: 'waiting', message: `unable to get '${key}' dependency: ${reason}` }
    }
    if (readyExpr !== undefined) {
      const ready = expressions.ready(readyExpr, { self: pass.object, dep: found })
      if (!ready.ok && !ready.failure.compiles) {
        const message = `failed to evaluate dependency ${name}: ${ready.failure.message}`
        return { kind: 'invalid', failure: { ...ready.failure, message } }
      }
      if (!ready.ok) return { kind: 'waiting', message: ready.failure.message }
      if (!ready.value) {
        return { kind: 'waiting', message: `dependency '${key}' is not ready according to readyExpr eval` }
      }
      if (!settings.additiveDependencyCheck) continue
    }
    const status = isRecord(found['status']) ? found['status'] : {}
    const isCurrent = status['observedGeneration'] === found.metadata.generation
    if (!isCurrent || !isTrue(readConditions(status), 'Ready')) {
      return { kind: 'waiting', message: `dependency '${key}' is not ready` }
    }
  }
  return { kind: 'ready' }
}
