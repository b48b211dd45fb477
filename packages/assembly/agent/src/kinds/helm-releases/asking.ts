import { resetAtAnnotation } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { asksForTurn } from '../object-standing.ts'

/** Whether a change of a HelmRelease is one that its reconciler has to see: not of its status alone. */
export function asksForRelease(before: KubeObject, after: KubeObject): boolean {
  const [old, now] = [before, after].map((object) => object.metadata.annotations?.[resetAtAnnotation])
  return asksForTurn(before, after) || old !== now
}
