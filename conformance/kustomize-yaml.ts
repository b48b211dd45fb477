import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { build } from '@kedge/kustomize'
import { treeFromFiles } from '@kedge/tree'
import { firstDifference, type CaseResult, type SuiteContext } from './suite.ts'

interface YamlCase {
  readonly id: string
  readonly input: string
  readonly out?: string
  readonly err?: string
}

const names: Readonly<Record<string, string>> = {
  plain: 'plain scalars',
  'plain-key': 'keys',
  seq: 'scalars in lists',
  anno: 'annotations',
  dq: 'quoted scalars',
  num: 'numbers',
  doc: 'documents',
  file: 'whole files',
}

/** One object through a build: what YAML goes in, and what comes out. */
export function* kustomizeYaml(context: SuiteContext): Iterable<CaseResult> {
  const file = path.join(context.root, 'kustomize-yaml/cases.json')
  if (!existsSync(file)) return
  const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly YamlCase[]
  for (const [index, one] of cases.entries()) {
    yield { id: `${index} ${one.id}`, feature: names[one.id] ?? one.id, ...runCase(one) }
  }
}

function runCase(one: YamlCase): Pick<CaseResult, 'status' | 'detail'> {
  const tree = treeFromFiles({ 'kustomization.yaml': 'resources:\n- r.yaml\n', 'r.yaml': one.input })
  try {
    const text = build(tree, '').toYaml()
    if (one.out === undefined)
      return { status: 'different', detail: `succeeds, where kustomize fails: ${one.err ?? ''}` }
    return text === one.out
      ? { status: 'equal', detail: '' }
      : { status: 'different', detail: firstDifference(one.out, text) }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    if (one.out !== undefined) return { status: 'error', detail: error.message }
    const cause = /MalformedYAMLError: (.*) in File/.exec(one.err ?? '')?.[1]
    if (cause === undefined || error.message.includes(cause)) return { status: 'equal', detail: error.message }
    return { status: 'different', detail: `want the cause ${JSON.stringify(cause)}, got ${error.message}` }
  }
}
