import type { AnswerOf, Effect, EffectError, ObjectRef } from '@kedge/engine'

import type { ReleaseProgram, ReleaseStep } from './model/effect.ts'
import { ask, askAll, now, type AnswerTo } from './program.ts'

/** How often a step is tried whose error may pass. */
export const maxTries = 4

/** How long to wait before the next try: 0.5, 1, 2 seconds. */
export function* rest(tries: number): ReleaseProgram<void> {
  const nowMs = yield* now()
  yield* ask({ kind: 'pause' as const, objects: [], untilMs: nowMs + 250 * 2 ** tries, forHealth: false })
}

/** What is waited for changes often, and a cache may be behind; so much time passes at least between two looks. */
const calmMs = 100

/** Pauses until an object is another one than was read, at the latest until `untilMs`. */
export function* pauseOn(objects: readonly ObjectRef[], untilMs: number): ReleaseProgram<void> {
  yield* pause(objects, { untilMs, forHealth: false })
}

/** The same where health is waited for: false when nobody wants to wait any longer. */
export function* pauseForHealth(objects: readonly ObjectRef[], untilMs: number): ReleaseProgram<boolean> {
  return (yield* pause(objects, { untilMs, forHealth: true })) === 'over'
}

function* pause(
  objects: readonly ObjectRef[],
  how: { readonly untilMs: number; readonly forHealth: boolean },
): ReleaseProgram<'over' | 'called-off'> {
  const calmUntilMs = Math.min((yield* now()) + calmMs, how.untilMs)
  const answer = yield* ask({ kind: 'pause' as const, objects, ...how })
  if (answer.ok && answer.value === 'called-off') return 'called-off'
  if ((yield* now()) < calmUntilMs)
    yield* ask({ kind: 'pause' as const, objects: [], untilMs: calmUntilMs, forHealth: false })
  return 'over'
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

type ReadEffect = Extract<Effect, { kind: 'read' }>

/** Reads objects from the server itself, side by side; what fails is read again, one after the other. */
export function* readFresh(refs: readonly ObjectRef[]): ReleaseProgram<readonly AnswerOf<ReadEffect>[]> {
  const steps = refs.map((ref): ReadEffect => ({ kind: 'read', ref, fresh: true }))
  const answers = [...(yield* askAll(steps))]
  for (const [index, step] of steps.entries()) {
    const answer = answers[index]
    if (answer?.ok === false && mayPass(answer.error)) answers[index] = yield* askPatiently(step)
  }
  return answers
}
