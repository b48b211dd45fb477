import type { EffectError } from '@kedge/engine'

import type { ReleaseProgram, ReleaseStep } from './model/effect.ts'
import { ask, now, type AnswerTo } from './program.ts'

/** How often a step is tried whose error may pass. */
export const maxTries = 4

/** How long to wait before the next try: 0.5, 1, 2 seconds. */
export function* rest(tries: number): ReleaseProgram<void> {
  const nowMs = yield* now()
  yield* ask({ kind: 'pause' as const, objects: [], untilMs: nowMs + 250 * 2 ** tries })
}

/** Whether an error is a fault of the moment: the same request may succeed later. */
export function mayPass(error: EffectError): boolean {
  return !error.outcomeKnown || error.code === 0 || error.code === 429 || error.code >= 500
}

/** Tries a step that may be carried out twice until it succeeds or is refused for good. */
export function* askPatiently<S extends ReleaseStep>(step: S): ReleaseProgram<AnswerTo<S>> {
  for (let tries = 1; ; tries += 1) {
    const answer: AnswerTo<S> = yield* ask(step)
    if (answer.ok || !mayPass(answer.error) || tries === maxTries) return answer
    yield* rest(tries)
  }
}
