import { parseCommit } from './parse-object.ts'
import type { StoredObject } from './stored-object.ts'

/** How one commit stands to a later one: `rewritten` says that history was replaced, `unknown` that the server cannot tell. */
export type Relation = 'same' | 'forward' | 'rewritten' | 'unknown'

/** Finds the objects of history; undefined where it ends. */
export type HistoryLookup = (id: string) => StoredObject | undefined

const maxCommits = 20_000

/** Whether `to` descends from `from`, by walking back through the commits that a lookup has, 20,000 at most. */
export function relationOf(from: string, to: string, lookup: HistoryLookup): Relation {
  if (from === to) return 'same'
  const seen = new Set([to])
  const pending = [to]
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const object = lookup(id)
    if (object?.type !== 'commit') continue
    for (const parent of parseCommit(id, object.content()).parents) {
      if (parent === from) return 'forward'
      if (seen.has(parent)) continue
      if (seen.size >= maxCommits) return 'unknown'
      seen.add(parent)
      pending.push(parent)
    }
  }
  return 'rewritten'
}
