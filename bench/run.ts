/**
 * `npm run bench [-- AREA …]`: runs the areas named, or all of them, prints one table and writes bench-results/latest.json.
 * Figures vary with the machine; ratios inside one run are what to compare.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import type { BenchRow } from './row.ts'

const areas: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  engine: async () => (await import('./engine.ts')).benchEngine(),
  releases: async () => (await import('./engine-releases.ts')).benchReleases(),
  cluster: async () => (await import('./cluster.ts')).benchCluster(),
  git: async () => (await import('./git.ts')).benchGit(),
  kustomize: async () => (await import('./kustomize.ts')).benchKustomize(process.env['KEDGE_KUSTOMIZE']),
  registry: async () => (await import('./registry.ts')).benchRegistry(),
  helm: async () => (await import('./helm.ts')).benchHelm(),
  command: async () => (await import('./command.ts')).benchCommand(),
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => areas[name] === undefined)
if (unknown.length > 0) {
  console.error(`no bench area ${unknown.join(', ')}; there are ${Object.keys(areas).join(', ')}`)
  process.exit(2)
}

const rows: BenchRow[] = []
const failures: string[] = []
for (const [name, run] of Object.entries(areas)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.error(`bench ${name} …`)
  try {
    rows.push(...(await run()))
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}

console.log(table(rows))
for (const failure of failures) console.error(`FAILED ${failure}`)
mkdirSync('bench-results', { recursive: true })
const machine = {
  cores: availableParallelism(),
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
}
writeFileSync('bench-results/latest.json', `${JSON.stringify({ machine, rows, failures }, null, 2)}\n`)
process.exit(failures.length === 0 ? 0 : 1)

function table(all: readonly BenchRow[]): string {
  const lines = all.map((row) => [
    row.area,
    row.what,
    `${format(row.value)} ${row.unit}`,
    row.baseline === undefined ? '' : `${row.baseline.what}: ${format(row.baseline.value)} ${row.baseline.unit}`,
    row.goal === undefined ? '' : `${row.goal.text} ${row.goal.met ? 'met' : 'MISSED'}`,
  ])
  const header = ['AREA', 'WHAT', 'VALUE', 'BESIDE', 'GOAL']
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => (line[column] ?? '').length)))
  return [header, ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function format(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
