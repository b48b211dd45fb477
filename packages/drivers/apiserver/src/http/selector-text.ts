import { draftsOf, isDraft, partOf, textOf, textsOf } from './draft.ts'

/** A label selector, or the plain map of a ReplicationController, in the grammar of queries. */
export function selectorText(selector: unknown): string {
  if (!isDraft(selector)) return ''
  const isMap = !('matchLabels' in selector) && !('matchExpressions' in selector)
  const equal = Object.entries(isMap ? selector : partOf(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  )
  const terms = draftsOf(selector, 'matchExpressions').map((term) => {
    const key = textOf(term, 'key')
    const values = textsOf(term, 'values').toSorted().join(',')
    const operator = textOf(term, 'operator')
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`
  })
  return [...equal, ...terms].toSorted().join(',')
}
