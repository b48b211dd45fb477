import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { loadChartArchive, type Chart } from '@kedge/helm'
import { createChartFetcher, type FetchedChart } from '../helm/chart-fetcher.ts'
import { helmFailure, runCommand } from '../helm/command.ts'
import { gunzip } from '../helm/load-chart.ts'
import type { FlagSpec, Flags } from '../helm/parse-flags.ts'
import { chartFlags, fetchWith } from '../helm/locate-chart.ts'
import { accessOfFlags } from '../helm/repository-flags.ts'
import { verifyFetched } from '../helm/verify-chart.ts'
import type { Io } from '../io.ts'

const pullFlags: Readonly<Record<string, FlagSpec>> = {
  ...chartFlags,
  destination: { kind: 'text', short: 'd' },
  prov: { kind: 'boolean' },
  untar: { kind: 'boolean' },
  untardir: { kind: 'text' },
}

/** `kedge helm pull`: downloads charts, as helm does. The answer is the exit code. */
export function helmPullCommand(args: readonly string[], io: Io): Promise<number> {
  const spec = { name: 'helm pull', argument: '[chart URL | repo/chartname] [...]', flags: pullFlags }
  return runCommand(spec, { args, io }, async (flags) => {
    if (flags.positionals.length === 0)
      throw helmFailure(
        '"helm pull" requires at least 1 argument\n\nUsage:  helm pull [chart URL | repo/chartname] [...] [flags]',
      )
    await using fetcher = createChartFetcher(accessOfFlags(flags, io), io)
    for (const name of flags.positionals) {
      const chart = await fetchWith(fetcher, name, flags)
      const verified = flags.boolean('verify') ? verifyFetched(chart, { flags, io }) : ''
      save(chart, { name, flags, io })
      // Of a chart that an index led to, helm says nothing.
      if (name.startsWith('oci://')) io.stdout(chart.notes)
      io.stdout(verified || missingSignature(chart, flags))
    }
  })
}

/** Whoever wants the signature, unchecked, is told when there is none. */
function missingSignature({ address, provenance }: FetchedChart, flags: Flags): string {
  if (!flags.boolean('prov') || provenance !== undefined) return ''
  return `WARNING: Verification not found for ${address}: there is no ${address}.prov\n`
}

function save(
  chart: FetchedChart,
  { name, flags, io }: { readonly name: string; readonly flags: Flags; readonly io: Io },
): void {
  const destination = flags.text('destination') || '.'
  if (flags.boolean('untar')) {
    unpack(chart, { reference: name, destination, below: flags.text('untardir') || '.', cwd: io.cwd })
    return
  }
  const shown = path.join(destination, chart.fileName)
  const file = path.resolve(io.cwd, shown)
  if (!existsSync(path.dirname(file))) throw helmFailure(`open ${shown}: no such file or directory`)
  writeFileSync(file, chart.bytes)
  if (chart.provenance !== undefined) writeFileSync(`${file}.prov`, chart.provenance)
}

function unpack(
  fetched: FetchedChart,
  at: { readonly reference: string; readonly destination: string; readonly below: string; readonly cwd: string },
): void {
  const chart = loadChartArchive(fetched.bytes, { gunzip })
  const folder = path.isAbsolute(at.below) ? at.below : path.join(at.destination, at.below)
  const target = path.resolve(at.cwd, folder, chart.metadata.name)
  if (existsSync(target))
    throw helmFailure(
      `failed to untar: a file or directory with the name ${path.join(folder, chart.metadata.name)} already exists`,
    )
  writeChart(chart, target)
}

/** Writes a chart's files; a name that would lead out of the folder is refused. */
function writeChart(chart: Chart, folder: string): void {
  for (const { name, bytes } of chart.raw) {
    const file = path.resolve(folder, name)
    if (!file.startsWith(folder + path.sep))
      throw helmFailure(`the chart has a file ${JSON.stringify(name)} outside of it`)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
}
