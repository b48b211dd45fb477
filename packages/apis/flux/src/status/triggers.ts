import { type KubeObject } from '@kedge/manifest'

import { isRecord } from '../spec/field-reader.ts'

export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt'
export const forceAtAnnotation = 'reconcile.fluxcd.io/forceAt'

/** What the annotations of an object ask for that its status has not answered yet (SPEC.md T1 to T4). */
export interface Request {
  /** The value to write into status.lastHandledReconcileAt; undefined when none was ever asked. */
  readonly requestedAt: string | undefined
  readonly isNew: boolean
  /** A one-off force: forceAt equals requestedAt and was not handled before. */
  readonly force: boolean
}

export function readRequest(object: KubeObject): Request {
  const annotations = object.metadata.annotations ?? {}
  const status = isRecord(object['status']) ? object['status'] : {}
  const requestedAt = annotations[requestedAtAnnotation]
  const forceAt = annotations[forceAtAnnotation]
  return {
    requestedAt,
    isNew: requestedAt !== undefined && requestedAt !== status['lastHandledReconcileAt'],
    force: forceAt !== undefined && forceAt === requestedAt && forceAt !== status['lastHandledForceAt'],
  }
}
