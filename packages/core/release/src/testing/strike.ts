import type { Answer, EffectError } from '@kedge/engine'

import type { ReleaseProgram, ReleaseStep } from '../model/effect.ts'

/** What happens at one step. */
export type StrikeKind = 'crash-before' | 'crash-after' | 'refused' | 'lost' | 'lost-answer'

/** Where a process died. */
export class Crash extends Error {}

/** Counts the steps of programs, and strikes one of them. */
export interface Striker {
  /** Steps so far that can be struck. */
  count: number
  /** Whether the strike has happened. */
  struck: boolean
  wrap<T>(program: ReleaseProgram<T>): ReleaseProgram<T>
}

const errors: Readonly<Record<'refused' | 'lost' | 'lost-answer', EffectError>> = {
  refused: { code: 500, reason: 'InternalError', message: 'the server failed', outcomeKnown: true },
  lost: { code: 0, reason: '', message: 'connection reset', outcomeKnown: false },
  'lost-answer': { code: 0, reason: '', message: 'connection reset', outcomeKnown: false },
}

const writing: ReadonlySet<ReleaseStep['kind']> = new Set([
  'create-record',
  'update-record',
  'delete-record',
  'apply',
  'patch-owners',
  'delete',
])
const harmless: ReadonlySet<ReleaseStep['kind']> = new Set(['clock', 'pause', 'watch', 'claims'])

/** Whether dying or failing at a step is different from doing so at the one before. */
function counts(step: ReleaseStep, kind: StrikeKind | undefined): boolean {
  // How a discovery that fails is taken does not depend on how it fails.
  if (kind === 'lost' && step.kind === 'resolve') return false
  if (kind === undefined || kind === 'refused' || kind === 'lost') return !harmless.has(step.kind)
  return writing.has(step.kind)
}

/** Strikes the step of a number, counted from 0 over all programs that are wrapped; none without a kind. */
export function createStriker(at: number, kind: StrikeKind | undefined): Striker {
  const striker: Striker = {
    count: 0,
    struck: false,
    wrap: function* wrap<T>(program: ReleaseProgram<T>): ReleaseProgram<T> {
      let answers: readonly Answer<unknown>[] = []
      for (;;) {
        const turn = program.next(answers)
        if (turn.done === true) return turn.value
        answers = yield* strikeBatch(turn.value)
      }
    },
  }
  function* strikeBatch(batch: readonly ReleaseStep[]): ReleaseProgram<readonly Answer<unknown>[]> {
    const target = batch.findIndex((step) => counts(step, kind) && striker.count++ === at)
    if (target < 0 || kind === undefined) return yield batch
    striker.struck = true
    if (kind === 'crash-before' || kind === 'crash-after') {
      const done = batch.slice(0, kind === 'crash-after' ? target + 1 : target)
      if (done.length > 0) yield done
      throw new Crash()
    }
    const others = batch.filter((_, index) => index !== target || kind === 'lost-answer')
    const given = [...(others.length > 0 ? yield others : [])]
    const error: Answer<unknown> = { ok: false, error: errors[kind] }
    given.splice(target, kind === 'lost-answer' ? 1 : 0, error)
    return given
  }
  return striker
}
