import { FunctionError, TemplateSet, compareBytewise, regexFinds, sprigFunctions } from '@kedge/gotemplate'
import { latestRevisions, type GoJson, type StoredRelease } from '@kedge/helm'
import { templateHost } from '@kedge/cryptography'
import { helmPaint, type HelmPaint } from '../helm/colours.ts'
import { helmFailure, outputFlags, printOutput, runCommand, wholeFlag } from '../helm/command.ts'
import { printTime, secondsOf } from '../helm/go-time.ts'
import { matchesLabels } from '../helm/label-selector.ts'
import { paddedTable } from '../helm/padded-table.ts'
import type { FlagSpec, Flags } from '../helm/parse-flags.ts'
import { appVersionOf, chartLabel, openReleaseStore, type LabelledRelease } from '../helm/release-store.ts'
import type { Io } from '../io.ts'

const listFlags: Readonly<Record<string, FlagSpec>> = {
  ...outputFlags,
  'all-namespaces': { kind: 'boolean', short: 'A' },
  date: { kind: 'boolean', short: 'd' },
  deployed: { kind: 'boolean' },
  failed: { kind: 'boolean' },
  filter: { kind: 'text', short: 'f' },
  max: { kind: 'text', short: 'm', value: 'integer' },
  'no-headers': { kind: 'boolean' },
  offset: { kind: 'text', value: 'integer' },
  pending: { kind: 'boolean' },
  reverse: { kind: 'boolean', short: 'r' },
  selector: { kind: 'text', short: 'l' },
  short: { kind: 'boolean', short: 'q' },
  superseded: { kind: 'boolean' },
  'time-format': { kind: 'text' },
  uninstalled: { kind: 'boolean' },
  uninstalling: { kind: 'boolean' },
}

/** `kedge helm list`: the releases of a namespace, as helm lists them. The answer is the exit code. */
export function helmListCommand(args: readonly string[], io: Io): Promise<number> {
  return runCommand({ name: 'helm list', argument: '', flags: listFlags }, { args, io }, async (flags) => {
    await using store = await openReleaseStore(flags, io, { everywhere: flags.boolean('all-namespaces') })
    const releases = select(await store.all(), flags)
    if (flags.boolean('short')) printNames(releases, flags, io)
    else printReleases(releases, flags, io)
  })
}

function select(all: readonly LabelledRelease[], flags: Flags): readonly StoredRelease[] {
  const named = all.filter(({ release }) => isWanted(release.name, flags.text('filter')))
  const labels = new Map(named.map((one) => [one.release, one.labels]))
  const states = statesOf(flags)
  const releases = [...labels.keys()]
  // Only when superseded ones alone are asked for are older revisions shown.
  const onlySuperseded = states.size === 1 && states.has('superseded')
  const chosen = (onlySuperseded ? releases : latestRevisions(releases))
    .filter(({ info }) => states.has(info.status))
    .filter((release) => matchesLabels(flags.text('selector'), labels.get(release) ?? {}))
  const sorted = chosen.toSorted(orderOf(flags))
  const offset = wholeFlag(flags, 'offset', 0)
  if (offset < 0) throw helmFailure(`--offset ${offset} is less than 0; give the number of releases to pass over`)
  const limit = wholeFlag(flags, 'max', 256)
  return sorted.slice(offset, limit > 0 ? offset + limit : undefined)
}

function isWanted(name: string, filter: string): boolean {
  try {
    return filter === '' || regexFinds(filter, name)
  } catch (error) {
    if (error instanceof FunctionError) throw helmFailure(error.message)
    throw error
  }
}

const pending = ['pending-install', 'pending-upgrade', 'pending-rollback']
const everyState = ['deployed', 'uninstalled', 'uninstalling', ...pending, 'superseded', 'failed']

function statesOf(flags: Flags): ReadonlySet<string> {
  const asked = ['deployed', 'uninstalled', 'uninstalling', 'failed', 'superseded'].filter((name) =>
    flags.boolean(name),
  )
  const states = flags.boolean('pending') ? [...asked, ...pending] : asked
  return new Set(states.length === 0 ? everyState : states)
}

function orderOf(flags: Flags): (left: StoredRelease, right: StoredRelease) => number {
  const byName = (left: StoredRelease, right: StoredRelease): number =>
    compareBytewise(left.name, right.name) || compareBytewise(left.namespace, right.namespace)
  const byDate = (left: StoredRelease, right: StoredRelease): number =>
    secondsOf(left.info.lastDeployed) - secondsOf(right.info.lastDeployed) || byName(left, right)
  const order = flags.boolean('date') ? byDate : byName
  return flags.boolean('reverse') ? (left, right) => order(right, left) : order
}

function printNames(releases: readonly StoredRelease[], flags: Flags, io: Io): void {
  const names = releases.map(({ name }) => name)
  printOutput(flags, io, { json: names, table: () => names.map((name) => `${name}\n`).join('') })
}

function printReleases(releases: readonly StoredRelease[], flags: Flags, io: Io): void {
  const rows = releases.map((release) => ({
    name: release.name,
    namespace: release.namespace,
    revision: String(release.version),
    updated: updatedText(release.info.lastDeployed, flags.text('time-format')),
    status: release.info.status,
    chart: chartLabel(release),
    app_version: appVersionOf(release),
  }))
  const json = rows.map((row) => new Map<string, GoJson>(Object.entries(row)))
  const paint = helmPaint(flags, io)
  printOutput(flags, io, {
    json,
    table: () =>
      paddedTable([
        ...(flags.boolean('no-headers') ? [] : [header.map((title) => paint('bold', title))]),
        ...rows.map((row) => Object.values({ ...row, ...paintedCells(row, paint) })),
      ]),
  })
}

const header = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION']

function paintedCells(
  row: { readonly namespace: string; readonly status: string },
  paint: HelmPaint,
): { readonly namespace: string; readonly status: string } {
  return { namespace: paint('cyan', row.namespace), status: paint('status', row.status) }
}

function updatedText(time: string, layout: string): string {
  if (time === '') return '-'
  if (layout === '') return printTime(time)
  const set = new TemplateSet({ functions: sprigFunctions(templateHost()), missingKey: 'default' })
  set.add('time', '{{ dateInZone .layout (mustToDate "2006-01-02T15:04:05.999999999Z07:00" .time) "UTC" }}')
  return set.execute('time', { layout, time })
}
