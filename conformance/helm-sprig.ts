import { templateHost } from '@kedge/cryptography'
import { TemplateSet, parseTemplate, printNode, sprigFunctions, type GoValue, type MissingKey } from '@kedge/gotemplate'
import { matchesConstraint, parseConstraint, parseVersion } from '@kedge/semver'
import { compareOutcomes, outcomeOf, readTable, type TableCase } from './helm-table.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

interface TemplateCase extends TableCase {
  readonly id: string
  readonly tpl: string
  readonly mode: string
  readonly values: GoValue
}

const missingKeys: Readonly<Record<string, MissingKey>> = { 'text-zero': 'zero', 'text-error': 'error' }

/** Go's own template tests and the errors of its parser. */
export function* goTemplate({ root }: SuiteContext): Iterable<CaseResult> {
  yield* evaluate(readTable(root, 'go-template', 'exec.json') as readonly TemplateCase[], () => 'execution')
  for (const one of readTable(root, 'go-template', 'parse.json') as readonly ParseCase[]) {
    const parsed = outcomeOf(() => canonical(one))
    const want = one.ok ? { out: one.result } : { out: undefined }
    const got = parsed.err === undefined ? parsed : { out: undefined }
    yield { id: `parse/${one.name}`, feature: 'parsing', ...compareOutcomes(got, want) }
  }
}

interface ParseCase {
  readonly name: string
  readonly input: string
  readonly ok: boolean
  readonly result: string
}

/** A template as its parser prints it. Go's own tests lower the limit of nesting for those that are about it. */
function canonical({ name, input }: ParseCase): string | undefined {
  const trees = parseTemplate('test', input, {
    hasFunction: (word) => word === 'printf' || word === 'contains',
    maxDepth: name.startsWith('paren nesting') ? 3 : 10_000,
  })
  const tree = trees.get('test')
  return tree === undefined ? undefined : printNode(tree.body)
}

/** sprig's tests, and its version constraints. */
export function* sprig({ root }: SuiteContext): Iterable<CaseResult> {
  yield* evaluate(readTable(root, 'sprig', 'sprig.json') as readonly TemplateCase[], () => 'functions')
  interface Semver extends TableCase {
    readonly constraint: string
    readonly version: string
  }
  for (const [number, one] of (readTable(root, 'sprig', 'semver.json') as readonly Semver[]).entries()) {
    const got = outcomeOf(() => {
      parseConstraint(one.constraint)
      return matchesConstraint(one.constraint, parseVersion(one.version))
    })
    yield { id: `semver/${number}`, feature: 'semver', ...compareOutcomes(got, one) }
  }
}

function* evaluate(cases: readonly TemplateCase[], featureOf: (one: TemplateCase) => string): Iterable<CaseResult> {
  for (const [number, one] of cases.entries()) {
    const got = outcomeOf(() => {
      const set = newSet(one.mode)
      set.add('t', one.tpl)
      return set.execute('t', one.values)
    })
    yield { id: `${one.id}/${number}`, feature: featureOf(one), ...compareOutcomes(got, one) }
  }
}

const functions = sprigFunctions(templateHost())

function newSet(mode: string): TemplateSet {
  return new TemplateSet({ functions, missingKey: missingKeys[mode] ?? 'default' })
}
