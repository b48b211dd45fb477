import type { GoJson, StoredRelease } from '@kedge/helm'
import { helmFailure, outputFlags, printOutput, runCommand, wholeFlag } from '../helm/command.ts'
import { printAnsiTime } from '../helm/go-time.ts'
import { paddedTable } from '../helm/padded-table.ts'
import type { FlagSpec } from '../helm/parse-flags.ts'
import { appVersionOf, chartLabel, isReleaseName, openReleaseStore } from '../helm/release-store.ts'
import type { Io } from '../io.ts'

const historyFlags: Readonly<Record<string, FlagSpec>> = {
  ...outputFlags,
  max: { kind: 'text', value: 'integer' },
  'show-rollback-revision': { kind: 'boolean' },
}

/** `kedge helm history`: the revisions of a release, as helm prints them. The answer is the exit code. */
export function helmHistoryCommand(args: readonly string[], io: Io): Promise<number> {
  const spec = { name: 'helm history', argument: 'RELEASE_NAME', flags: historyFlags }
  return runCommand(spec, { args, io }, async (flags) => {
    const [name = ''] = flags.positionals
    if (!isReleaseName(name)) throw helmFailure(`release name is invalid: ${name}`)
    await using store = await openReleaseStore(flags, io)
    const limit = Math.max(0, wholeFlag(flags, 'max', 256))
    const all = (await store.history(name)).map(({ release }) => release)
    const revisions = limit === 0 ? [] : all.slice(-limit)
    const withRollback = flags.boolean('show-rollback-revision')
    printOutput(flags, io, {
      json: revisions.map(revisionJson),
      table: () => historyTable(revisions, withRollback),
    })
  })
}

function revisionJson(release: StoredRelease): GoJson {
  const { info } = release
  return new Map<string, GoJson>([
    ['revision', release.version],
    ...(info.lastDeployed === '' ? [] : [['updated', info.lastDeployed] as const]),
    ['status', info.status],
    ['chart', chartLabel(release)],
    ['app_version', appVersionOf(release)],
    ...(info.rollbackRevision === 0 ? [] : [['rollback_revision', info.rollbackRevision] as const]),
    ['description', info.description],
  ])
}

function historyTable(revisions: readonly StoredRelease[], withRollback: boolean): string {
  const header = ['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION']
  const rows = revisions.map((release) => {
    const { info } = release
    const rollback = info.rollbackRevision > 0 ? String(info.rollbackRevision) : ''
    return [
      String(release.version),
      printAnsiTime(info.lastDeployed),
      info.status,
      chartLabel(release),
      appVersionOf(release),
      ...(withRollback ? [rollback] : []),
      info.description,
    ]
  })
  return paddedTable([[...header, ...(withRollback ? ['ROLLBACK'] : []), 'DESCRIPTION'], ...rows])
}
