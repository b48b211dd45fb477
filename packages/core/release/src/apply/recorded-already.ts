import type { Answer, Effect, EffectError, ObjectRef, Program } from '@kedge/engine'

/** Errors of writes, in Helm's words, by object. */
export type WriteErrors = Map<ObjectRef, string>

/**
 * A pass whose record ahead is stored already: the release's record names everything that is brought. What the API
 * answers to writes that fail is noted.
 */
export function* recordedAlready<T>(program: Program<T>, errors: WriteErrors): Program<T> {
  let answers: readonly Answer<unknown>[] = []
  for (;;) {
    const step = program.next(answers)
    if (step.done === true) return step.value
    const others = step.value.filter((effect) => effect.kind !== 'save-inventory')
    const given = others.length === 0 ? [] : yield others
    for (const [index, effect] of others.entries()) note(effect, given[index], errors)
    const rest = given.values()
    answers = step.value.map((effect) =>
      effect.kind === 'save-inventory' ? { ok: true, value: null } : (rest.next().value as Answer<unknown>),
    )
  }
}

function note(effect: Effect, answer: Answer<unknown> | undefined, errors: WriteErrors): void {
  if (effect.kind !== 'apply' && effect.kind !== 'delete') return
  if (answer?.ok === false) errors.set(effect.ref, wordsFor(effect, answer.error))
}

function wordsFor({ kind, ref }: Extract<Effect, { kind: 'apply' | 'delete' }>, error: EffectError): string {
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
