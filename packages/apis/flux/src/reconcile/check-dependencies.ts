import { type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { dependencyKey, judgeDependency } from '../delivery/dependencies.ts'
import { readKustomization, type KustomizationSpec } from '../spec/kustomization.ts'
import { perform, type Artifact, type FluxProgram } from './effects.ts'
import { type PassContext } from './settings.ts'

export type DependencyState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'invalid'; readonly failure: Failure }

/** Looks at every dependency in order; the first that is not ready decides (SPEC.md D1 to D8). */
export function* checkDependencies(
  object: KubeObject,
  spec: KustomizationSpec,
  options: { readonly artifact: Artifact; readonly context: PassContext },
): FluxProgram<DependencyState> {
  const { settings, expressions } = options.context
  for (const dependency of spec.dependsOn) {
    const { namespace, name, readyExpr } = dependency
    const apiVersion = 'kustomize.toolkit.fluxcd.io/v1'
    const found = yield* perform({ kind: 'read', ref: { apiVersion, kind: 'Kustomization', namespace, name } })
    if (readyExpr !== undefined && found !== undefined) {
      const ready = expressions.ready(readyExpr, { self: object, dep: found })
      if (!ready.ok && !ready.failure.compiles) {
        const message = `failed to evaluate dependency ${name}: ${ready.failure.message}`
        return { kind: 'invalid', failure: { ...ready.failure, message } }
      }
      if (!ready.ok) return { kind: 'waiting', message: ready.failure.message }
      if (!ready.value) {
        return {
          kind: 'waiting',
          message: `dependency '${dependencyKey(dependency)}' is not ready according to readyExpr eval`,
        }
      }
      if (!settings.additiveDependencyCheck) continue
    }
    const foundSpec = found === undefined ? undefined : readKustomization(found)
    const message = judgeDependency({
      dependency,
      found,
      foundSource: foundSpec?.ok === true ? foundSpec.value.sourceRef : undefined,
      ownSource: spec.sourceRef,
      artifactRevision: options.artifact.revision,
    })
    if (message !== undefined) return { kind: 'waiting', message }
  }
  return { kind: 'ready' }
}
