import { quoteGo } from '@kedge/gotemplate'
import { messageOf } from '../chart/chart-error.ts'
import { readManifestHead, type ManifestHead } from '../release/manifest-head.ts'
import { splitManifests } from '../release/manifests.ts'
import { FailureError } from '@kedge/base'
import type { LintReport } from './lint-message.ts'

const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = new RegExp(`^${dnsLabel}(\\.${dnsLabel})*$`)
const workloads = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']
const pathNames = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']

/** The rules on a template's documents; false when one is no YAML, after which the linter looks no further. */
export function lintDocuments(name: string, text: string, report: LintReport): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? ''
  report(
    'WARNING',
    name,
    /^[ \t]/.test(first)
      ? `document starts with an illegal indent: ${quoteGo(first)}, which may cause parsing problems`
      : undefined,
  )
  for (const document of splitManifests(text, 'blank-lines-kept')) {
    let head: ManifestHead
    try {
      head = readManifestHead(document)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      report('ERROR', name, `unable to parse YAML: ${messageOf(error)}`)
      return false
    }
    if (document.split('\n').some(isContent)) lintDocument({ name, text, head }, report)
  }
  return true
}

function lintDocument(
  { name, text, head }: { readonly name: string; readonly text: string; readonly head: ManifestHead },
  report: LintReport,
): void {
  report('WARNING', name, nameProblem(head))
  const needsSelector =
    workloads.includes(head.kind) && !text.includes('matchLabels') && !text.includes('matchExpressions')
  report(
    'ERROR',
    name,
    needsSelector
      ? `a ${head.kind} must contain matchLabels or matchExpressions, and ${quoteGo(head.name)} does not`
      : undefined,
  )
}

function nameProblem({ kind, name }: ManifestHead): string | undefined {
  if (kind === 'CertificateSigningRequest') return undefined
  const isValid = pathNames.includes(kind)
    ? name !== '.' && name !== '..' && !/[/%]/.test(name)
    : subdomain.test(name) && name.length <= 253
  if (isValid) return undefined
  const why =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  return `object name does not conform to Kubernetes naming requirements: ${quoteGo(name)}: metadata.name: Invalid value: ${quoteGo(name)}: ${why}`
}

/** A line that is neither empty nor a comment. */
function isContent(line: string): boolean {
  const trimmed = line.trim()
  return trimmed !== '' && !trimmed.startsWith('#')
}
