import type { Clock, Random } from '@kedge/base'
import type { Expressions, FluxSettings, PassContext } from '@kedge/flux'

export interface ContextOptions {
  readonly clock: Clock
  readonly random: Random
  readonly settings: FluxSettings
  readonly expressions: Expressions
}

/** The world as a pass that begins now sees it. */
export function passContext(options: ContextOptions): PassContext {
  const nowMs = options.clock.now()
  return {
    nowMs,
    now: formatTime(nowMs),
    random: options.random.next(),
    elapsedMs: () => options.clock.now() - nowMs,
    deletionMs: (object) => {
      const parsed = Date.parse(object.metadata.deletionTimestamp ?? '')
      return Number.isNaN(parsed) ? nowMs : parsed
    },
    settings: options.settings,
    expressions: options.expressions,
  }
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
