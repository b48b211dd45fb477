import type { KubeObject } from '@kedge/manifest'

import type { AppliedRecord } from './model/memory.ts'
import { projectionDigest } from './projection.ts'
import { isOlderVersion } from './version-order.ts'

/** A watch event about an object that we own. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
}

/**
 * `same`: nothing of ours changed. `drift`: something of ours did. `gone`: the object was deleted. `leaving`: its
 * deletion has begun. `replaced`: another object has its name. `unknown`: this process has not applied it yet.
 */
export type EventVerdict = 'same' | 'drift' | 'gone' | 'leaving' | 'replaced' | 'unknown'

/** What a watch event means for an object that was applied. Pure; costs no request. */
export function judgeEvent(record: AppliedRecord | undefined, event: ObjectEvent, fieldManager: string): EventVerdict {
  if (record === undefined) return 'unknown'
  const { metadata } = event.object
  // An event from before our own last write, arriving after its answer.
  if (isOlderVersion(metadata.resourceVersion ?? '', record.resourceVersion)) return 'same'
  if (event.type === 'DELETED') return metadata.uid === record.uid ? 'gone' : 'same'
  if (metadata.uid !== record.uid) return 'replaced'
  if (metadata.deletionTimestamp !== undefined) return 'leaving'
  if (metadata.resourceVersion === record.resourceVersion) return 'same'
  return projectionDigest(event.object, fieldManager) === record.projectionDigest ? 'same' : 'drift'
}
