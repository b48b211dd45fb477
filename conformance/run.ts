/**
 * `npm run conformance`: runs recorded cases of other tools against ours and says how many are equal.
 *
 *   --suite NAME      only this suite (may be given again)
 *   --root DIR        another folder of the same layout as the test data
 *   --oracle PATH     compare with this binary instead of the recorded output, where a suite can
 *   --report FILE     write every case as JSON
 *   --verbose         print every case that is not equal, known or not
 *
 * Exit 1 when a case differs that is not listed in known-differences.json, or one that is listed is equal; 2 when there
 * is no test data.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { CaseResult, Suite } from './suite.ts'

/** Suites by name, loaded when they run. A new one is one line here. */
const suites: Readonly<Record<string, { readonly folder: string; readonly load: () => Promise<Suite> }>> = {
  kustomize: { folder: 'kustomize', load: async () => (await import('./kustomize.ts')).kustomize },
  'kustomize-krusty': {
    folder: 'kustomize-krusty',
    load: async () => (await import('./kustomize-krusty.ts')).kustomizeKrusty,
  },
  'kustomize-yaml': { folder: 'kustomize-yaml', load: async () => (await import('./kustomize-yaml.ts')).kustomizeYaml },
  'kubernetes-apply': {
    folder: 'kubernetes',
    load: async () => (await import('./kubernetes-apply.ts')).kubernetesApply,
  },
  'kubernetes-defaults': {
    folder: 'kubernetes',
    load: async () => (await import('./kubernetes-defaults.ts')).kubernetesDefaults,
  },
  'kubernetes-protobuf': {
    folder: 'kubernetes',
    load: async () => (await import('./kubernetes-protobuf.ts')).kubernetesProtobuf,
  },
  'cel-spec': { folder: 'policy', load: async () => (await import('./cel-spec.ts')).celSpec },
  'helm-charts': { folder: 'charts', load: async () => (await import('./helm.ts')).helmCharts },
  'helm-testdata': { folder: 'helm-testdata', load: async () => (await import('./helm.ts')).helmTestdata },
  'helm-funcs': { folder: 'helm-funcs', load: async () => (await import('./helm-functions.ts')).helmFunctions },
  'helm-strvals': { folder: 'helm-funcs', load: async () => (await import('./helm-functions.ts')).helmStrvals },
  'go-template': { folder: 'go-template', load: async () => (await import('./helm-sprig.ts')).goTemplate },
  sprig: { folder: 'sprig', load: async () => (await import('./helm-sprig.ts')).sprig },
  'kustomize-smp': { folder: 'kustomize-smp', load: async () => (await import('./kustomize-smp.ts')).kustomizeSmp },
}

interface KnownDifference {
  readonly suite: string
  readonly id: string
  readonly reason: string
}

interface Tally {
  equal: number
  failed: number
  skipped: number
}

const here = import.meta.dirname
const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true },
    root: { type: 'string' },
    oracle: { type: 'string' },
    report: { type: 'string' },
    verbose: { type: 'boolean' },
  },
})
process.exitCode = await main()

async function main(): Promise<number> {
  const root = path.resolve(values.root ?? process.env['KEDGE_CORPUS'] ?? path.join(here, '../../shared/corpus'))
  if (!existsSync(root)) {
    console.error(`There is no test data in ${root}: name its folder with --root or KEDGE_CORPUS.`)
    return 2
  }
  const wanted = values.suite ?? Object.keys(suites)
  const unknown = wanted.filter((name) => suites[name] === undefined)
  if (unknown.length > 0) {
    console.error(`There is no suite ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}.`)
    return 2
  }
  const known = JSON.parse(
    readFileSync(path.join(here, 'known-differences.json'), 'utf8'),
  ) as readonly KnownDifference[]
  const report: Reported[] = []
  const totals: Tally = { equal: 0, failed: 0, skipped: 0 }
  for (const name of wanted) {
    const entry = suites[name]
    if (entry === undefined) continue
    if (!existsSync(path.join(root, entry.folder))) {
      console.log(`${name}: no folder ${entry.folder} in ${root}, left out`)
      totals.skipped++
      continue
    }
    const suite = await entry.load()
    for await (const result of suite({ root, oracle: values.oracle })) report.push({ ...result, suite: name })
  }
  print(report, known, totals)
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`)
  writeTotals(totals)
  console.log(`${totals.equal} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  return totals.failed === 0 ? 0 : 1
}

/** What `.ci/run` adds up. */
function writeTotals({ equal, failed, skipped }: Tally): void {
  const reports = path.join(here, '../.cache/reports')
  mkdirSync(reports, { recursive: true })
  writeFileSync(path.join(reports, 'conformance.json'), `${JSON.stringify({ passed: equal, failed, skipped })}\n`)
}

type Reported = CaseResult & { readonly suite: string }

function print(report: readonly Reported[], known: readonly KnownDifference[], totals: Tally): void {
  const groups = new Map<string, { equal: number; of: number }>()
  for (const result of report) {
    for (const group of [result.suite, `  ${result.suite} · ${result.feature}`]) {
      const tally = groups.get(group) ?? { equal: 0, of: 0 }
      groups.set(group, { equal: tally.equal + (result.status === 'equal' ? 1 : 0), of: tally.of + 1 })
    }
    const reason = known.find(({ suite, id }) => suite === result.suite && id === result.id)?.reason
    const { outcome, words } = judge(result, reason)
    totals[outcome]++
    if (words !== '') console.log(words)
  }
  console.log()
  for (const [group, { equal, of }] of [...groups].toSorted(([a], [b]) => order(a).localeCompare(order(b)))) {
    console.log(`${group.padEnd(64)} ${equal} of ${of}`)
  }
  console.log()
}

/** How a case counts, and what is said about it. */
function judge(result: Reported, reason: string | undefined): { outcome: keyof Tally; words: string } {
  const name = `${result.suite} ${result.id}`
  if (result.status === 'skipped') return { outcome: 'skipped', words: `SKIPPED  ${name}: ${result.detail}` }
  if (result.status === 'equal') {
    if (reason === undefined) return { outcome: 'equal', words: '' }
    return { outcome: 'failed', words: `LISTED BUT EQUAL  ${name}: take it out of known-differences.json` }
  }
  if (reason === undefined) {
    return { outcome: 'failed', words: `${result.status.toUpperCase()}  ${name}: ${result.detail}` }
  }
  const detail = values.verbose === true ? `\n       ${result.detail}` : ''
  return { outcome: 'skipped', words: `KNOWN  ${name}: ${reason}${detail}` }
}

/** A suite before its features. */
function order(group: string): string {
  return group.startsWith('  ') ? group.trim() : `${group} `
}
