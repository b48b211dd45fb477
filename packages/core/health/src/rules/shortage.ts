/** A number that has to reach another, or one of which nothing may be left over. */
export type Count =
  | { readonly name: string; readonly have: number; readonly want: number }
  | { readonly name: string; readonly surplus: number }

/** The first count that is not as it should be, in words; undefined when all are. */
export function firstShortage(counts: readonly Count[]): string | undefined {
  for (const count of counts) {
    if ('surplus' in count) {
      if (count.surplus > 0) return `${count.name}: ${count.surplus}`
      continue
    }
    if (count.have < count.want) return `${count.name}: ${count.have}/${count.want}`
  }
  return undefined
}
