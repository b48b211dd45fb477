import type { PassEnd } from '@kedge/flux'
import type { Next } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'

import type { AgentParts } from './agent-parts.ts'
import type { ObjectWriter } from './object-writer.ts'

interface Finish {
  readonly object: KubeObject
  readonly parts: AgentParts
  readonly writer: ObjectWriter
  /** The controller that events name. */
  readonly reporter: string
}

/** Stores what a pass decided, tells its events, and says when to come back. */
export async function finishPass(end: PassEnd, options: Finish): Promise<Next> {
  const { object, parts, writer } = options
  if (end.status !== undefined) await writer.status(object, end.status)
  tellNotes(end, options)
  parts.changed()
  return end.next
}

/** Tells the events of a pass. */
export function tellNotes(end: PassEnd, options: Omit<Finish, 'writer'>): void {
  const { object, parts, reporter } = options
  const { namespace = '', name = '' } = object.metadata
  for (const note of end.notes) {
    parts.events.add({
      about: object,
      type: note.severity === 'error' ? 'Warning' : 'Normal',
      reason: note.reason,
      message: note.message,
      reporter,
      annotations: note.metadata,
    })
    const { severity: level, message } = note
    parts.log({ level, message, controllerKind: object.kind, namespace, name })
  }
}
