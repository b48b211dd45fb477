import { gvkOf } from '@kedge/manifest'

import type { Wave } from '../model/delivery.ts'
import type { Desired } from '../model/desired.ts'

/** How long a wave of definitions or classes may take to get ready. */
export const stageTimeoutMs = 60_000

/**
 * The default waves: definitions (namespaces, CRDs, cluster roles), then kinds that end in `Class`, then all others.
 * The first two are awaited. Waves without objects are left out.
 */
export function wavesByKind(objects: readonly Desired[]): readonly Wave[] {
  const waves: readonly Wave[] = [
    {
      name: 'definitions',
      objects: objects.filter((one) => stageOf(one) === 0),
      awaitHealth: true,
      timeoutMs: stageTimeoutMs,
    },
    {
      name: 'classes',
      objects: objects.filter((one) => stageOf(one) === 1),
      awaitHealth: true,
      timeoutMs: stageTimeoutMs,
    },
    { name: 'objects', objects: objects.filter((one) => stageOf(one) === 2), awaitHealth: false, timeoutMs: 0 },
  ]
  return waves.filter((wave) => wave.objects.length > 0)
}

function stageOf(desired: Desired): 0 | 1 | 2 {
  const { group, kind } = gvkOf(desired.object)
  if (kind === 'Namespace' && group === '') return 0
  if (kind === 'CustomResourceDefinition' && group === 'apiextensions.k8s.io') return 0
  if (kind === 'ClusterRole' && group === 'rbac.authorization.k8s.io') return 0
  return kind.endsWith('Class') ? 1 : 2
}
