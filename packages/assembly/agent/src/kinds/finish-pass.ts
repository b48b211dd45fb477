import type { PassEnd } from '@kedge/flux'
import type { Next } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'

import type { AgentParts } from './agent-parts.ts'
import type { ObjectWriter } from './object-writer.ts'

/** Stores what a pass decided, tells its events, and says when to come back. */
export async function finishPass(
  end: PassEnd,
  options: {
    readonly object: KubeObject
    readonly parts: AgentParts
    readonly writer: ObjectWriter
    /** The controller that events name. */
    readonly reporter: string
  },
): Promise<Next> {
  const { object, parts, writer, reporter } = options
  if (end.status !== undefined) await writer.status(object, end.status)
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
  parts.changed()
  return end.next
}
