import { existsSync } from 'node:fs'
import path from 'node:path'
import { chartError, loadChartArchive, type Chart } from '@kedge/helm'
import type { Io } from '../io.ts'
import type { ChartFetcher, FetchedChart } from './chart-fetcher.ts'
import { gunzip, loadNamedChart } from './load-chart.ts'
import type { Tell } from './helm-io.ts'
import type { FlagSpec, Flags } from './parse-flags.ts'
import { accessOfFlags, repositoryFlags } from './repository-flags.ts'
import { verifyChartFile, verifyFetched } from './verify-chart.ts'

/** Flags of the commands that take a chart from a path, an address, a repository or a registry. */
export const chartFlags: Readonly<Record<string, FlagSpec>> = {
  ...repositoryFlags,
  devel: { kind: 'boolean' },
  repo: { kind: 'text' },
  version: { kind: 'text' },
}

/** The chart that a command line names: what lies there when it is a path, else one that is fetched. Throws FailureError. */
export async function locateChart(
  name: string,
  on: { readonly flags: Flags; readonly io: Io; readonly tell: Tell },
): Promise<Chart> {
  const { flags, io, tell } = on
  const wanted = name.trim()
  if (flags.text('repo') === '') {
    if (existsSync(path.resolve(io.cwd, wanted))) {
      if (flags.boolean('verify')) verifyChartFile(wanted, { flags, io })
      return loadNamedChart(wanted, io.cwd, tell)
    }
    if (path.isAbsolute(wanted) || wanted.startsWith('.')) throw chartError(`path "${wanted}" not found`)
  }
  const fetched = await fetchChart(wanted, flags, io)
  io.stderr(wanted.startsWith('oci://') ? fetched.notes : '')
  return loadChartArchive(fetched.bytes, { gunzip, warn: tell })
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
