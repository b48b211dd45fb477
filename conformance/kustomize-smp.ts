import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { mergeNodes, Schemas } from '@kedge/kustomize/merge'
import { parseNode, printTree } from '@kedge/yaml'
import { firstDifference, type CaseResult, type SuiteContext } from './suite.ts'

interface MergeCase {
  readonly description: string
  readonly patch: string
  readonly target: string
  readonly expected: string
  readonly infer: boolean
  readonly prepend: boolean
}

/** Strategic merges of single documents, with order, styles and comments. */
export function* kustomizeSmp(context: SuiteContext): Iterable<CaseResult> {
  const file = path.join(context.root, 'kustomize-smp/merge2.json')
  if (!existsSync(file)) return
  const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly MergeCase[]
  for (const [index, one] of cases.entries()) {
    const feature = one.infer ? 'inferred lists' : one.prepend ? 'lists that prepend' : 'maps, scalars and lists'
    yield { id: `${index} ${one.description}`, feature, ...runCase(one) }
  }
}

function runCase(one: MergeCase): Pick<CaseResult, 'status' | 'detail'> {
  const target = parseNode(one.target, { comments: true })
  const patch = parseNode(one.patch, { comments: true })
  if (target === undefined || patch === undefined) return { status: 'error', detail: 'an empty document' }
  const merged = mergeNodes(target, patch, { schemas: new Schemas(), prepend: one.prepend, infer: one.infer })
  const text = merged === undefined ? '' : printTree(merged)
  return text.trim() === one.expected.trim()
    ? { status: 'equal', detail: '' }
    : { status: 'different', detail: firstDifference(one.expected, text) }
}
