import { formatKey, type KubeObject } from '@kedge/manifest'

import { isRecord } from '../canonical.ts'
import type { PruneItem } from '../model/change.ts'
import type { AnswerOf, Program, ReadingEffect } from '../model/effect.ts'
import { performAll } from '../program.ts'
import type { Candidate } from './candidate.ts'

type CountEffect = Extract<ReadingEffect, { kind: 'count' }>

/** More objects than these are not counted. */
export const countingLimit = 1_000

/** Says of every definition whose deletion is held how many objects would go with it: whoever confirms must know. */
export function* countInstances(
  items: readonly PruneItem[],
  candidates: readonly Candidate[],
): Program<readonly PruneItem[]> {
  const live = new Map(
    candidates.flatMap(({ entry, found }) =>
      found.kind === 'live' ? [[formatKey(entry), found.object] as const] : [],
    ),
  )
  const asked = items.flatMap((item) => {
    const gvk = item.verdict.kind === 'hold' ? definedBy(live.get(formatKey(item.entry))) : undefined
    return gvk === undefined ? [] : [{ item, gvk }]
  })
  const answers = yield* performAll(
    asked.map(({ gvk }): CountEffect => ({ kind: 'count', gvk, limit: countingLimit + 1 })),
  )
  const told = new Map(asked.map(({ item, gvk }, index) => [item, describe(gvk.kind, answers[index])]))
  return items.map((item) => {
    const takesAlong = told.get(item)
    return takesAlong === undefined ? item : { ...item, takesAlong }
  })
}

function definedBy(object: KubeObject | undefined): CountEffect['gvk'] | undefined {
  if (object?.kind !== 'CustomResourceDefinition') return undefined
  const spec = object['spec']
  if (!isRecord(spec) || !isRecord(spec['names'])) return undefined
  const { kind } = spec['names']
  const { group } = spec
  return typeof kind === 'string' && typeof group === 'string' ? { group, version: '', kind } : undefined
}

function describe(kind: string, answer: AnswerOf<CountEffect> | undefined): string {
  if (answer?.ok !== true) return `objects of kind ${kind}, which could not be counted`
  const count = answer.value
  if (count > countingLimit) return `more than ${countingLimit} objects of kind ${kind}`
  return `${count} ${count === 1 ? 'object' : 'objects'} of kind ${kind}`
}
