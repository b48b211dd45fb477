import { Bug } from '@kedge/base'
import type { GroupVersionKind } from '@kedge/manifest'

import type { Answer, AnswerOf, Batch, Effect, Program } from './model/effect.ts'

/** One effect and its answer. */
export function* perform<E extends Effect>(effect: E): Program<AnswerOf<E>> {
  const [answer] = yield [effect]
  // The interpreter answers each effect with the value of its kind; generators cannot say that in types.
  return answerFor<E>(answer)
}

/** Independent effects of one kind, and their answers in the same order. Yields nothing when there are none. */
export function* performAll<E extends Effect>(effects: readonly E[]): Program<readonly AnswerOf<E>[]> {
  if (effects.length === 0) return []
  const answers = yield effects
  return effects.map((_, index) => answerFor<E>(answers[index]))
}

function answerFor<E extends Effect>(answer: Answer<unknown> | undefined): AnswerOf<E> {
  if (answer === undefined) throw new Bug('an effect was not answered')
  return answer as AnswerOf<E>
}

type Resolve = Extract<Effect, { kind: 'resolve' }>

/** Asks discovery about kinds as they are now: once for all of them, however many there are. */
export function* resolveFresh(kinds: readonly GroupVersionKind[]): Program<readonly AnswerOf<Resolve>[]> {
  const [first, ...rest] = kinds.map((gvk, index): Resolve => ({ kind: 'resolve', gvk, fresh: index === 0 }))
  if (first === undefined) return []
  const answer = yield* perform(first)
  return [answer, ...(yield* performAll(rest))]
}

/** Runs programs side by side, in step: what they yield at the same time becomes one batch. Results in their order. */
export function* together<T>(programs: readonly Program<T>[]): Program<readonly T[]> {
  const results = new Map<number, T>()
  let running = programs.flatMap((program, index) => advance({ program, index, answers: [], results }))
  while (running.length > 0) {
    const answers = yield running.flatMap((one) => one.batch)
    let from = 0
    running = running.flatMap((one) => {
      const mine = answers.slice(from, from + one.batch.length)
      from += one.batch.length
      return advance({ program: one.program, index: one.index, answers: mine, results })
    })
  }
  return programs.map((_, index) => results.get(index) as T)
}

interface Strand<T> {
  readonly program: Program<T>
  readonly index: number
  readonly batch: Batch
}

function advance<T>(turn: {
  readonly program: Program<T>
  readonly index: number
  readonly answers: readonly Answer<unknown>[]
  readonly results: Map<number, T>
}): readonly Strand<T>[] {
  const step = turn.program.next(turn.answers)
  if (!step.done) return [{ program: turn.program, index: turn.index, batch: step.value }]
  turn.results.set(turn.index, step.value)
  return []
}
