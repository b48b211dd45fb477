import type { RecordList, StoredRecord } from '../model/effect.ts'

/** The newest revision. */
export function lastRecord({ records }: RecordList): StoredRecord | undefined {
  return records.at(-1)
}

/** The newest revision that is deployed. */
export function deployedRecord({ records }: RecordList): StoredRecord | undefined {
  return records.findLast(({ release }) => release.info.status === 'deployed')
}

/** Whether somebody is at work on a revision, or was when it crashed. */
export function isLocked({ release }: StoredRecord): boolean {
  return release.info.status.startsWith('pending-')
}

/** The number of the next revision: one after all that are taken, by malformed records too. */
export function nextVersion({ records, malformed }: RecordList): number {
  return Math.max(0, ...records.map(({ release }) => release.version), ...malformed.map(({ version }) => version)) + 1
}

/**
 * The revisions whose objects may be in the cluster: from the one that is deployed (or `from`, when that is earlier) to
 * the last. What was uninstalled left none.
 */
export function standingRecords(list: RecordList, from: number = Number.MAX_SAFE_INTEGER): readonly StoredRecord[] {
  const gone = list.records.findLast(({ release }) => release.info.status === 'uninstalled')?.release.version ?? 0
  const deployed = deployedRecord(list)?.release.version ?? 0
  const first = Math.max(gone + 1, Math.min(deployed, from))
  return list.records.filter(({ release }) => release.version >= first)
}

/** All revisions that are deployed: there is to be one. */
export function deployedRecords({ records }: RecordList): readonly StoredRecord[] {
  return records.filter(({ release }) => release.info.status === 'deployed')
}
