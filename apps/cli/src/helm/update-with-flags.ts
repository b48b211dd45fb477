import type { Io } from '../io.ts'
import { createChartFetcher } from './chart-fetcher.ts'
import { updateDependencies } from './dependency-update.ts'
import type { Flags } from './parse-flags.ts'
import { accessOfFlags } from './repository-flags.ts'

/** Brings what a chart's folder depends on, as the flags of a command that is about something else allow it. Throws FailureError. */
export async function updateWithFlags(folder: string, flags: Flags, io: Io): Promise<void> {
  await using fetcher = createChartFetcher(accessOfFlags(flags, io), io)
  await updateDependencies({ folder, shown: folder, fetcher, io, skipRefresh: false, debug: flags.boolean('debug') })
}
