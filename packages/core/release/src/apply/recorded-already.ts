import type { Answer, Effect, EffectError, Program } from '@kedge/engine'
import { formatKey } from '@kedge/manifest'

type WriteEffect = Extract<Effect, { kind: 'apply' | 'delete' }>

/** What a pass met, for the words of its failure. */
export interface PassNotes {
  /** Errors of writes in Helm's words, by `formatKey` of the object. */
  readonly errors: Map<string, string>
  /** Objects that were not there, by `formatKey`. */
  readonly absent: Set<string>
}

/** Nothing met yet. */
export function newPassNotes(): PassNotes {
  return { errors: new Map(), absent: new Set() }
}

/**
 * A pass whose record ahead is stored already: the release's record names everything that is brought. What the API
 * answers to writes that fail is noted.
 */
export function* recordedAlready<T>(program: Program<T>, notes: PassNotes): Program<T> {
  let answers: readonly Answer<unknown>[] = []
  for (;;) {
    const step = program.next(answers)
    if (step.done === true) return step.value
    const others = step.value.filter((effect) => effect.kind !== 'save-inventory')
    const given = others.length === 0 ? [] : yield others
    for (const [index, effect] of others.entries()) note(effect, given[index], notes)
    const rest = given.values()
    answers = step.value.map((effect) =>
      effect.kind === 'save-inventory' ? { ok: true, value: null } : (rest.next().value as Answer<unknown>),
    )
  }
}

function note(effect: Effect, answer: Answer<unknown> | undefined, notes: PassNotes): void {
  if (effect.kind === 'read' && answer?.ok === true && answer.value === undefined)
    notes.absent.add(formatKey(effect.ref))
  if (effect.kind !== 'apply' && effect.kind !== 'delete') return
  if (answer?.ok === false) notes.errors.set(formatKey(effect.ref), wordsFor(effect, answer.error))
}

/** Helm's words for a write that failed. */
export function wordsFor({ kind, ref }: Pick<WriteEffect, 'kind' | 'ref'>, error: EffectError): string {
  const { group, version, namespace, name } = ref
  if (kind === 'delete')
    return `failed to delete resource namespace=${namespace}, name=${name}, kind=${ref.kind}: ${error.message}`
  return `server-side apply failed for object ${namespace}/${name} ${group}/${version}, Kind=${ref.kind}: ${error.message}`
}

/** The same steps with every look at a watch cache turned into a request: for who has not seen what the cache may lack. */
export function* withFreshReads<T>(program: Program<T>): Program<T> {
  let answers: readonly Answer<unknown>[] = []
  for (;;) {
    const step = program.next(answers)
    if (step.done === true) return step.value
    answers = yield step.value.map((effect) => (effect.kind === 'read' ? { ...effect, fresh: true } : effect))
  }
}
