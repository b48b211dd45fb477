import { int64, newGoMap, type GoValue } from '@kedge/gotemplate'
import type { Lookup } from '@kedge/helm'

import type { LookupQuery } from './helm-request.ts'

/** An answered question of a template; the value is undefined where there is no such object. */
export interface LookupAnswer {
  readonly query: LookupQuery
  readonly value: unknown
}

/** Ends a render at a question that is not answered yet. */
class UnansweredLookup extends Error {}

/** `lookup` from answers; `asked` is the first question that none of them answers. */
export interface AnsweredLookup {
  readonly lookup: Lookup
  readonly asked: () => LookupQuery | undefined
}

/** Templates run to their end at once, so that what is not known yet ends them and is read before they run again. */
export function answeredLookup(answers: readonly LookupAnswer[]): AnsweredLookup {
  const known = new Map(answers.map(({ query, value }) => [textOf(query), value]))
  let asked: LookupQuery | undefined
  return {
    asked: () => asked,
    lookup: (apiVersion, kind, { namespace, name }) => {
      const query = { apiVersion, kind, namespace, name }
      const text = textOf(query)
      if (known.has(text)) return toTemplate(known.get(text) ?? {})
      asked ??= query
      throw new UnansweredLookup(text)
    },
  }
}

function textOf({ apiVersion, kind, namespace, name }: LookupQuery): string {
  return JSON.stringify([apiVersion, kind, namespace, name])
}

/** An object of the API as templates get it: whole numbers are int64, all others float64. */
function toTemplate(value: unknown): GoValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? int64(BigInt(value)) : value
  if (Array.isArray(value)) return value.map(toTemplate)
  if (typeof value !== 'object' || value === null) return value as GoValue
  return newGoMap(Object.entries(value).map(([key, item]): [string, GoValue] => [key, toTemplate(item)]))
}
