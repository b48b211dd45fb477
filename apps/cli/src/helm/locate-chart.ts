import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { chartError, loadChartArchive, type Chart } from '@kedge/helm'
import type { Io } from '../io.ts'
import type { ChartFetcher, FetchedChart } from './chart-fetcher.ts'
import { gunzip, loadNamedChart } from './load-chart.ts'
import type { Tell } from './helm-io.ts'
import type { FlagSpec, Flags } from './parse-flags.ts'
import { accessOfFlags, checkCertificates, repositoryFlags } from './repository-flags.ts'
import { verifyChartFile, verifyFetched } from './verify-chart.ts'

/** Flags of the commands that take a chart from a path, an address, a repository or a registry. */
export const chartFlags: Readonly<Record<string, FlagSpec>> = {
  ...repositoryFlags,
  devel: { kind: 'boolean' },
  repo: { kind: 'text' },
  version: { kind: 'text' },
}

/** A chart that was found and is not read yet. */
export interface LocatedChart {
  /** Where it is, in full; its reference when it was fetched. */
  readonly path: string
  /** Throws FailureError. */
  load(): Chart
}

/** The chart that a command line names, read at once. Throws FailureError. */
export async function loadLocatedChart(name: string, on: Locating): Promise<Chart> {
  return (await locateChart(name, on)).load()
}

interface Locating {
  readonly flags: Flags
  readonly io: Io
  readonly tell: Tell
}

/** Finds the chart that a command line names: what lies there when it is a path, else one that is fetched. Throws FailureError. */
export async function locateChart(name: string, on: Locating): Promise<LocatedChart> {
  const { flags, io, tell } = on
  const wanted = name.trim()
  checkCertificates(flags, io)
  if (flags.text('repo') === '') {
    const path = resolve(io.cwd, wanted)
    if (wanted !== '' && existsSync(path)) {
      if (flags.boolean('verify')) verifyChartFile(wanted, { flags, io })
      return { path, load: () => loadNamedChart(path, io.cwd, tell) }
    }
    if (isAbsolute(wanted) || wanted.startsWith('.')) throw chartError(`path "${wanted}" not found`)
  }
  const fetched = await fetchChart(wanted, flags, io)
  io.stderr(wanted.startsWith('oci://') ? fetched.notes : '')
  return { path: wanted, load: () => loadChartArchive(fetched.bytes, { gunzip, warn: tell }) }
}

/** Fetches a chart as the flags say, and checks its provenance when they ask for it. */
export async function fetchChart(name: string, flags: Flags, io: Io): Promise<FetchedChart> {
  // Only who fetches needs what it takes.
  const { createChartFetcher } = await import('./chart-fetcher.ts')
  await using fetcher = createChartFetcher(accessOfFlags(flags, io), io)
  const fetched = await fetchWith(fetcher, name, flags)
  if (flags.boolean('verify')) verifyFetched(fetched, { flags, io })
  return fetched
}

/** As fetchChart, over connections that are open, and without checking. */
export function fetchWith(fetcher: ChartFetcher, name: string, flags: Flags): Promise<FetchedChart> {
  const version = flags.text('version').trim() || (flags.boolean('devel') ? '>0.0.0-0' : '')
  const request = { version, withProvenance: flags.boolean('prov') || flags.boolean('verify') }
  const repository = flags.text('repo')
  return repository === '' ? fetcher.byReference(name, request) : fetcher.fromRepository(repository, name, request)
}
