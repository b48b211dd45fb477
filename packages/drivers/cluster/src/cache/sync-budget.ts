import type { Clock } from '@kedge/base'

/** How often complete views may be taken, so that a server in trouble is not asked for everything again and again. */
export interface SyncBudget {
  /** Time until the next view may be taken; 0 for now. */
  waitMs(): number
  /** A view was taken. */
  spend(): void
}

const burst = 3
const windowMs = 90_000

/** Three views at once, and one in thirty seconds over time. */
export function createSyncBudget(clock: Clock): SyncBudget {
  let taken: number[] = []
  return {
    waitMs() {
      const now = clock.now()
      // A clock that went back must not lock the budget.
      taken = taken.filter((at) => at <= now && now - at < windowMs)
      const [oldest] = taken
      return taken.length < burst || oldest === undefined ? 0 : oldest + windowMs - now
    },
    spend() {
      taken.push(clock.now())
      if (taken.length > burst) taken.shift()
    },
  }
}
