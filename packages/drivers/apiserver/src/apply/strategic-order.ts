import { jsonEquals, member } from '../schema/json.ts'

/**
 * Orders a merged list: items that `order` names stand in that order, the others in the server's, and both are brought
 * together by the server's order where it knows both, the named item first where it does not.
 */
export function orderLike(
  by: { readonly order: readonly unknown[]; readonly server: readonly unknown[]; readonly key: string | undefined },
  merged: readonly unknown[],
): readonly unknown[] {
  const rankIn = (list: readonly unknown[]) => {
    const keys = list.map((item) => keyValue(item, by.key))
    return (item: unknown): number => keys.findIndex((other) => jsonEquals(other, keyValue(item, by.key)))
  }
  const orderRank = rankIn(by.order)
  const serverRank = rankIn(by.server)
  const named = merged.filter((item) => orderRank(item) >= 0).toSorted((a, b) => orderRank(a) - orderRank(b))
  const others = merged.filter((item) => orderRank(item) < 0).toSorted((a, b) => serverRank(a) - serverRank(b))
  const out: unknown[] = []
  let at = 0
  for (const item of named) {
    const rank = serverRank(item)
    const from = others.slice(at)
    const stop = from.findIndex((other) => rank < 0 || !comesBefore(serverRank(other), rank))
    const before = stop === -1 ? from : from.slice(0, stop)
    out.push(...before)
    at += before.length
    out.push(item)
  }
  return [...out, ...others.slice(at)]
}

function comesBefore(rank: number, other: number): boolean {
  return rank >= 0 && rank < other
}

/** What an item of a list is told apart by: its merge key, or itself. */
export function keyValue(item: unknown, key: string | undefined): unknown {
  return key === undefined ? item : member(item, key)
}
