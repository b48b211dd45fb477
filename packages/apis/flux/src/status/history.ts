/** One entry of a Kustomization's `status.history`: what was built, how it went, how often. */
export interface HistoryEntry {
  /** `sha256:<hex>` of the built objects. */
  readonly digest: string
  readonly firstReconciled: string
  readonly lastReconciled: string
  readonly lastReconciledDuration: string
  readonly lastReconciledStatus: string
  readonly totalReconciliations: number
  readonly metadata?: Readonly<Record<string, string>>
}

export const maxHistory = 5

export interface HistoryEvent {
  readonly digest: string
  readonly status: string
  readonly now: string
  readonly duration: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Adds a pass: the entry with the same digest and status is renewed and moved to the front (SPEC.md H1 to H3). */
export function upsertHistory(history: readonly HistoryEntry[], event: HistoryEvent): readonly HistoryEntry[] {
  const same = history.find((entry) => entry.digest === event.digest && entry.lastReconciledStatus === event.status)
  const entry: HistoryEntry = {
    digest: event.digest,
    firstReconciled: same?.firstReconciled ?? event.now,
    lastReconciled: event.now,
    lastReconciledDuration: event.duration,
    lastReconciledStatus: event.status,
    totalReconciliations: (same?.totalReconciliations ?? 0) + 1,
    metadata: event.metadata,
  }
  return [entry, ...history.filter((other) => other !== same)].slice(0, maxHistory)
}
