import { existsSync } from 'node:fs'
import path from 'node:path'
import { createChartFetcher, type FetchedChart } from '../helm/chart-fetcher.ts'
import { commandOf } from '../helm/command-line.ts'
import { helmFailure, runCommand, runGroup, wholeFlag } from '../helm/command.ts'
import { dependencyList } from '../helm/dependency-list.ts'
import { buildDependencies, updateDependencies, type DependencyWork } from '../helm/dependency-update.ts'
import { tellOn } from '../helm/helm-io.ts'
import { loadNamedChart } from '../helm/load-chart.ts'
import type { FlagSpec, Flags } from '../helm/parse-flags.ts'
import { accessOfFlags, repositoryFlags } from '../helm/repository-flags.ts'
import { verifyFetched } from '../helm/verify-chart.ts'
import type { Io } from '../io.ts'

const fetchFlags: Readonly<Record<string, FlagSpec>> = { ...repositoryFlags, 'skip-refresh': { kind: 'boolean' } }
const listFlags: Readonly<Record<string, FlagSpec>> = { 'max-col-width': { kind: 'text', value: 'unsigned' } }

/** `kedge helm dependency build|list|update CHART`, as helm does. The answer is the exit code. */
export async function helmDependencyCommand(args: readonly string[], io: Io): Promise<number> {
  const { name, rest } = commandOf(args)
  switch (name) {
    case 'build':
      return run('build', rest, io)
    case 'list':
    case 'ls':
      return runList(rest, io)
    case 'update':
    case 'up':
      return run('update', rest, io)
    default:
      return runGroup('Usage:  helm dependency build|list|update CHART [flags]\n', { args: rest, io })
  }
}

function run(what: 'build' | 'update', args: readonly string[], io: Io): Promise<number> {
  const spec = { name: `helm dependency ${what}`, argument: '[CHART]', flags: fetchFlags }
  return runCommand(spec, { args, io }, async (flags) => {
    await using fetcher = createChartFetcher(accessOfFlags(flags, io), io)
    const work: DependencyWork = {
      ...chartOf(spec.name, flags, io),
      fetcher,
      io,
      skipRefresh: flags.boolean('skip-refresh'),
      debug: flags.boolean('debug'),
      ...(flags.boolean('verify') ? { verify: verifierOf(what, flags, io) } : {}),
    }
    await (what === 'build' ? buildDependencies(work) : updateDependencies(work))
  })
}

/** A build checks the signatures that there are; an update wants one of every chart. */
function verifierOf(what: 'build' | 'update', flags: Flags, io: Io): (fetched: FetchedChart) => void {
  return (fetched) => {
    if (what === 'update' || fetched.provenance !== undefined) verifyFetched(fetched, { flags, io })
  }
}

function runList(args: readonly string[], io: Io): Promise<number> {
  const spec = { name: 'helm dependency list', argument: '[CHART]', flags: listFlags }
  return runCommand(spec, { args, io }, (flags) => {
    const { shown, folder } = chartOf(spec.name, flags, io)
    if (!existsSync(folder)) throw helmFailure(`stat ${shown}: no such file or directory`)
    const chart = loadNamedChart(shown, io.cwd, tellOn(io))
    io.stdout(dependencyList(chart, folder, { shown, maxWidth: wholeFlag(flags, 'max-col-width', 80) }))
    return Promise.resolve()
  })
}

/** The chart's folder, as it was given and in full. */
function chartOf(command: string, flags: Flags, io: Io): { readonly shown: string; readonly folder: string } {
  if (flags.positionals.length > 1)
    throw helmFailure(`"${command}" accepts at most 1 argument\n\nUsage:  ${command} CHART [flags]`)
  const shown = path.normalize(flags.positionals[0] ?? '.')
  return { shown, folder: path.resolve(io.cwd, shown) }
}
