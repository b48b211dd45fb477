import { asRecord, listAt } from '../json.ts'

/** One deployment that can be rolled back to. */
export interface HistoryEntry {
  readonly id: number
  readonly revision: string
  readonly source: Readonly<Record<string, unknown>>
  readonly deployStartedAt: string
  readonly deployedAt: string
  readonly initiatedBy: Readonly<Record<string, unknown>>
}

/** The history with a deployment added; ids grow, and the oldest entries leave (SPEC.md ST4). */
export function appendHistory(status: unknown, entry: Omit<HistoryEntry, 'id'>, limit: number): readonly unknown[] {
  const history = listAt(asRecord(status), 'history')
  const lastId = history.reduce<number>((last, item) => {
    const id = asRecord(item)?.['id']
    return typeof id === 'number' && id > last ? id : last
  }, -1)
  if (limit === 0) return []
  return [...history, { ...entry, id: lastId + 1 }].slice(-limit)
}
