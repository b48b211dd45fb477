import type { ObjectRef } from '@kedge/engine'

import type { Work } from '../model/work.ts'
import type { SettledObject } from './settle-objects.ts'

/** What has to get healthy: all objects but paused Deployments, which never would; nothing without waiting. */
export function awaitedObjects(work: Work, objects: readonly SettledObject[]): readonly ObjectRef[] {
  return work.options.wait ? objects.filter((one) => !isPaused(one)).map(({ ref }) => ref) : []
}

function isPaused({ object }: SettledObject): boolean {
  const { paused } = (object['spec'] ?? {}) as { readonly paused?: unknown }
  return object.kind === 'Deployment' && paused === true
}
