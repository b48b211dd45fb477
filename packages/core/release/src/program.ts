import { Bug } from '@kedge/base'
import type { Answer, AnswerOf, Effect } from '@kedge/engine'

import type { ReleaseAnswerValues, ReleaseEffect, ReleaseProgram, ReleaseStep } from './model/effect.ts'

/** The answer to a step, whoever's effect it is. */
export type AnswerTo<S extends ReleaseStep> = S extends Effect
  ? AnswerOf<S>
  : S extends ReleaseEffect
    ? Answer<ReleaseAnswerValues[S['kind']]>
    : never

/** One step and its answer. */
export function* ask<S extends ReleaseStep>(step: S): ReleaseProgram<AnswerTo<S>> {
  const [answer] = yield [step]
  return answerFor<S>(answer)
}

/** Independent steps of one kind, and their answers in the same order. Yields nothing when there are none. */
export function* askAll<S extends ReleaseStep>(steps: readonly S[]): ReleaseProgram<readonly AnswerTo<S>[]> {
  if (steps.length === 0) return []
  const answers = yield steps
  return steps.map((_, index) => answerFor<S>(answers[index]))
}

/** The time, in milliseconds since the epoch. */
export function* now(): ReleaseProgram<number> {
  const answer = yield* ask({ kind: 'clock' as const })
  if (!answer.ok) throw new Bug('the clock did not answer')
  return answer.value
}

function answerFor<S extends ReleaseStep>(answer: Answer<unknown> | undefined): AnswerTo<S> {
  if (answer === undefined) throw new Bug('a step was not answered')
  // The interpreter answers each step with the value of its kind; generators cannot say that in types.
  return answer as AnswerTo<S>
}
