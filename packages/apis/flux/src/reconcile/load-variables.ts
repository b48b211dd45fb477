import { fail, ok, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { type KustomizationSpec } from '../spec/kustomization.ts'
import { checkVariableNames, mergeVariables } from '../substitution/substitute.ts'
import { perform, type FluxProgram } from './effects.ts'
import { textData } from './secret-data.ts'

/** The variables of a Kustomization's postBuild; a failure when a ConfigMap or Secret is missing and not optional. */
export function* loadVariables(
  object: KubeObject,
  spec: KustomizationSpec,
): FluxProgram<Result<ReadonlyMap<string, string>>> {
  if (spec.postBuild === undefined) return ok(new Map())
  const namespace = object.metadata.namespace ?? ''
  const loaded: Readonly<Record<string, string>>[] = []
  for (const { kind, name, optional } of spec.postBuild.substituteFrom) {
    const found = yield* perform({ kind: 'read', ref: { apiVersion: 'v1', kind, namespace, name } })
    if (found !== undefined) loaded.push(textData(found))
    else if (!optional) {
      const plural = `${kind.toLowerCase()}s`
      const message = `substitute from '${kind}/${name}' error: ${plural} "${name}" not found`
      return fail({ code: 'SubstituteFromMissing', message, fix: 'create it, or set optional: true' })
    }
  }
  const variables = mergeVariables(loaded, spec.postBuild.substitute)
  const failure = checkVariableNames(variables.keys())
  return failure === undefined ? ok(variables) : fail(failure)
}
