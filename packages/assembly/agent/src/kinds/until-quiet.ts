import type { PassEnd } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import type { AgentParts } from './agent-parts.ts'
import type { Pause } from './controller.ts'
import { tellNotes } from './finish-pass.ts'

/** How long good news may wait for a quiet moment. */
const maxSilenceMs = 10_000

/** What a controller keeps of an object whose good news may wait. */
export interface Untold {
  /** How often a pass was asked for. */
  asked: number
  /** Since when a good end has not been told; undefined when all is told. */
  silentSinceMs: number | undefined
}

interface Silence {
  readonly object: KubeObject
  readonly untold: Untold
  /** Whether somebody has asked, depends on it, or has to wait for its end. */
  readonly isAwaited: boolean
  readonly parts: AgentParts
  /** The controller that events name. */
  readonly reporter: string
  readonly pause: Pause
}

/**
 * Good news that nobody waits for goes after the work of others (E13): what is left to be told then, or undefined when
 * something new came up meanwhile, and a whole pass, which tells what this one did too, is asked for. Events are told
 * at once.
 */
export async function untilQuiet<End extends PassEnd>(end: End, silence: Silence): Promise<End | undefined> {
  const { object, untold, parts, reporter } = silence
  if (end.next.kind !== 'done' || silence.isAwaited) return end
  const now = parts.clock.now()
  untold.silentSinceMs ??= now
  const silenceMs = untold.silentSinceMs + maxSilenceMs - now
  if (silenceMs <= 0) return end
  tellNotes(end, { object, parts, reporter })
  if ((await silence.pause(silenceMs)) !== 'overtaken') return { ...end, notes: [] }
  untold.asked += 1
  return undefined
}
