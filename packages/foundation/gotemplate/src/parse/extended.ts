const shortList = 4

/**
 * A list with one more item, to be used in the place of the old one. Short lists are made to their length: where one item
 * is added to a list, V8 makes room for sixteen more, and most lists of a template have one or two.
 */
export function extended<T>(list: readonly T[], item: T): readonly T[] {
  if (list.length === 0) return [item]
  if (list.length < shortList) return [...list, item]
  ;(list as T[]).push(item)
  return list
}
