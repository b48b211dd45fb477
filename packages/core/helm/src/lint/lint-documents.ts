import { quoteGo } from '@kedge/gotemplate'
import { messageOf } from '../chart/chart-error.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { valueAt } from '../values/paths.ts'
import { deprecationOf } from './deprecated-apis.ts'
import { readLintedHead, type LintedHead } from './linted-head.ts'
import { FailureError } from '@kedge/base'
import type { LintReport } from './lint-message.ts'
import { nameProblem } from './object-names.ts'

const workloads = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']

/** A rendered template. */
interface LintedFile {
  readonly name: string
  readonly text: string
  readonly kubeVersion: string
}

/** The rules on a template's documents; false when one is no YAML, after which the linter looks no further. */
export function lintDocuments({ name, text, kubeVersion }: LintedFile, report: LintReport): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? ''
  report(
    'WARNING',
    name,
    /^[ \t]/.test(first)
      ? `document starts with an illegal indent: ${quoteGo(first)}, which may cause parsing problems`
      : undefined,
  )
  for (const document of readDocuments(text)) {
    const head = headOf(name, document, report)
    if (head === undefined) return false
    if (document.split('\n').some(isContent)) lintDocument({ name, text, kubeVersion, head, document }, report)
  }
  return true
}

/** Documents as Kubernetes' reader of YAML takes them: a separator that nothing stands before belongs to what follows it. */
function readDocuments(text: string): readonly string[] {
  const documents: string[] = []
  let document = ''
  for (const line of text.split(/(?<=\n)/)) {
    if (document !== '' && /^---\s*(?:#|$)/.test(line)) {
      documents.push(document)
      document = ''
    } else document += line
  }
  return document === '' ? documents : [...documents, document]
}

function lintDocument(
  on: LintedFile & { readonly head: LintedHead; readonly document: string },
  report: LintReport,
): void {
  const { name, text, kubeVersion, head, document } = on
  report('WARNING', name, nameProblem(head.kind, head.name))
  report('WARNING', name, deprecationOf(head.apiVersion, head.kind, kubeVersion))
  const needsSelector =
    workloads.includes(head.kind) && !text.includes('matchLabels') && !text.includes('matchExpressions')
  report(
    'ERROR',
    name,
    needsSelector
      ? `a ${head.kind} must contain matchLabels or matchExpressions, and ${quoteGo(head.name)} does not`
      : undefined,
  )
  report('ERROR', name, head.kind === 'List' ? listProblem(document) : undefined)
}

/** Annotations on the items of a List are not looked at. */
function listProblem(document: string): string | undefined {
  const { items } = (parseDocument(document) ?? {}) as { readonly items?: unknown }
  const isKept = (item: unknown): boolean =>
    valueAt(item, 'metadata.annotations') !== undefined &&
    Object.hasOwn(valueAt(item, 'metadata.annotations') ?? {}, 'helm.sh/resource-policy')
  return Array.isArray(items) && items.some(isKept)
    ? "annotation 'helm.sh/resource-policy' within List objects are ignored"
    : undefined
}

/** The rules on a file of crds/; false when it is no YAML, after which no other is looked at. */
export function lintCrds(name: string, text: string, report: LintReport): boolean {
  for (const document of readDocuments(text)) {
    if (!document.split('\n').some(isContent)) continue
    const head = headOf(name, document, report)
    if (head === undefined) return false
    const isGroup = head.apiVersion.startsWith('apiextensions.k8s.io')
    report('ERROR', name, isGroup ? undefined : "apiVersion is not in 'apiextensions.k8s.io'")
    const isKind = head.kind === 'CustomResourceDefinition'
    report('ERROR', name, isKind ? undefined : "object kind is not 'CustomResourceDefinition'")
  }
  return true
}

function headOf(name: string, document: string, report: LintReport): LintedHead | undefined {
  try {
    return readLintedHead(document)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    report('ERROR', name, `unable to parse YAML: ${messageOf(error)}`)
    return undefined
  }
}

/** A line that is neither empty nor a comment, nor a separator. */
function isContent(line: string): boolean {
  const trimmed = line.replace(/^---(?=\s|$)/, '').trim()
  return trimmed !== '' && !trimmed.startsWith('#')
}
