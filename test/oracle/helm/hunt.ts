/**
 * Hunts for differences from Go's templates, sprig and helm on random cases:
 * `node test/oracle/helm/hunt.ts --cases PROGRAM --kind KIND [--seed N] [--count N] [--show N]`.
 * PROGRAM is built from `test/oracle/helm/cases`. Texts and errors must be equal byte by byte; what the real thing
 * itself answers differently when it is asked again is left out. Go's panics and Kedge's budgets are told apart.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Case } from './case.ts'
import { Oracle, type Answer } from './oracle.ts'
import { ourAnswer } from './our-answer.ts'
import { kinds, randomCase, type Kind } from './random-case.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    kind: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    show: { type: 'string', default: '2' },
  },
})
const oracle = new Oracle(values.cases ?? process.env['KEDGE_HELM_CASES'] ?? 'cases')
const batchSize = 200
const slowMs = 5000

interface Difference {
  readonly seed: number
  readonly one: Case
  readonly want: Answer
  readonly got: Answer
}

function isSame(want: Answer, got: Answer, kind: Kind): boolean {
  if (kind === 'charts' && plainPaths(want.err) !== plainPaths(got.err)) return false
  if (kind !== 'charts' && want.err !== got.err) return false
  if (want.err !== undefined && kind !== 'charts') return true
  if (kind === 'set') return parsedJson(want.out) === parsedJson(got.out)
  return kind === 'charts' ? plainPaths(want.out) === plainPaths(got.out) : want.out === got.out
}

function parsedJson(out: string | undefined): string {
  return JSON.stringify(JSON.parse(decoded(out ?? '')))
}

/** Each side has a folder of its own. */
function plainPaths(out: string | undefined): string {
  return decoded(out ?? '').replaceAll(/\/tmp\/kedge-[\w-]+\/w/g, '')
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

/** Whether the real thing, asked again, answers otherwise. */
async function isRandom({ one, want }: Difference): Promise<boolean> {
  const again = await oracle.answer(Array.from({ length: one.kind === 'command' ? 2 : 12 }, () => one))
  return again.some((answer) => JSON.stringify(answer) !== JSON.stringify(want))
}

/** Differences of one class look alike but for names and numbers. */
function classOf({ want, got, one }: Difference): string {
  const plain = (answer: Answer): string =>
    answer.panic !== undefined
      ? `panic ${answer.panic.slice(0, 60)}`
      : answer.err === undefined
        ? 'text'
        : decoded(answer.err)
            .replaceAll(/[<"`'].*[>"`']/gs, '_')
            .replaceAll(/\d+/g, '0')
            .slice(-90)
  const head = one.kind === 'helm' || one.kind === 'text' ? /^\S*\s*(\w+)/.exec(one.tpl)?.[1] : ''
  return `${values.kind === 'functions' || values.kind === 'sprig' ? head : ''} ${plain(want)} / ${plain(got)}`
}

function printed(answer: Answer): string {
  if (answer.panic !== undefined) return `PANIC ${answer.panic.slice(0, 500)}`
  const out = answer.out === undefined ? '' : JSON.stringify(decoded(answer.out))
  return answer.err === undefined ? out : `ERROR ${JSON.stringify(decoded(answer.err))} ${out}`
}

const counts = { same: 0, errors: 0, panics: 0, budgets: 0, random: 0, different: 0 }
const classes = new Map<string, Difference[]>()

async function compare(difference: Difference, kind: Kind): Promise<void> {
  const { want, got } = difference
  if (want.panic !== undefined && got.panic === undefined) counts.panics++
  else if (want.out === undefined && got.panic?.startsWith('BudgetError') === true) counts.budgets++
  else if (got.panic === undefined && isSame(want, got, kind)) counts[want.err === undefined ? 'same' : 'errors']++
  else if (await isRandom(difference)) counts.random++
  else {
    counts.different++
    const name = classOf(difference)
    classes.set(name, [...(classes.get(name) ?? []), difference])
  }
}

const kind = kinds.find((known) => known === values.kind)
if (kind === undefined) throw new Error(`--kind is one of ${kinds.join(', ')}`)
const folder = mkdtempSync(path.join(tmpdir(), 'kedge-hunt-'))
const first = Number(values.seed)
for (let seed = first; seed < first + Number(values.count); seed += batchSize) {
  const seeds = Array.from({ length: Math.min(batchSize, first + Number(values.count) - seed) }, (_, at) => seed + at)
  const cases = seeds.map((each) => randomCase(kind, each))
  const asked = oracle.answer(cases)
  const gotten: Answer[] = []
  for (const one of cases) {
    const startedAt = performance.now()
    gotten.push(await ourAnswer(one, path.join(folder, 'w')))
    if (performance.now() - startedAt > slowMs) console.log(`slow: ${JSON.stringify(one).slice(0, 400)}`)
  }
  const wanted = await asked
  for (const [at, one] of cases.entries()) {
    const [want, got] = [wanted[at], gotten[at]]
    if (want !== undefined && got !== undefined) await compare({ seed: seed + at, one, want, got }, kind)
  }
}
oracle.close()
rmSync(folder, { recursive: true, force: true })
for (const [name, found] of [...classes].toSorted(([, a], [, b]) => b.length - a.length)) {
  console.log(`== ${found.length} ${name}`)
  const shortest = found.toSorted((a, b) => JSON.stringify(a.one).length - JSON.stringify(b.one).length)
  for (const { seed, one, want, got } of shortest.slice(0, Number(values.show))) {
    const { data: _, values: __, ...rest } = one as unknown as Record<string, unknown>
    console.log(`-- ${seed} ${JSON.stringify(rest)}\n   want ${printed(want)}\n   got  ${printed(got)}`)
  }
}
console.log(JSON.stringify(counts))
