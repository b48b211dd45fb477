import { type KubeObject } from '@kedge/manifest'

import { type KustomizationSpec } from '../spec/kustomization.ts'
import { type TargetCluster } from './effects.ts'
import { type PassContext } from './settings.ts'

/** The finalizer of all Flux kinds. */
export const finalizer = 'finalizers.fluxcd.io'

/** The account and cluster of a Kustomization or HelmRelease; the default account where the operator has set one (SPEC.md M1). */
export function targetOf(
  object: KubeObject,
  spec: Pick<KustomizationSpec, 'serviceAccountName' | 'kubeConfig'>,
  context: PassContext,
): TargetCluster {
  const namespace = object.metadata.namespace ?? ''
  const name = spec.serviceAccountName ?? context.settings.defaultServiceAccount
  return {
    serviceAccount: name === undefined ? undefined : { namespace, name },
    kubeConfig: spec.kubeConfig === undefined ? undefined : { ...spec.kubeConfig, namespace },
  }
}
