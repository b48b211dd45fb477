import { compareBytewise } from '@kedge/gotemplate'
import { chartError, messageOf } from '../chart/chart-error.ts'
import type { Warn } from '../values/coalesce.ts'
import { compareInstallOrder } from './kind-order.ts'
import { readManifestHead, type ManifestHead } from './manifest-head.ts'

/** A document of a rendered chart. */
export interface Manifest {
  /** The template it came from, `chart/templates/x.yaml`. */
  readonly path: string
  readonly content: string
  readonly head: ManifestHead
}

/** When a hook runs, in the words of release storage. */
export type HookEvent =
  | 'pre-install'
  | 'post-install'
  | 'pre-delete'
  | 'post-delete'
  | 'pre-upgrade'
  | 'post-upgrade'
  | 'pre-rollback'
  | 'post-rollback'
  | 'test'

/** A document that is run at events instead of being installed. */
export interface Hook extends Manifest {
  readonly events: readonly HookEvent[]
  readonly weight: number
  readonly deletePolicies: readonly string[]
  readonly outputLogPolicies: readonly string[]
}

const hookEvents: ReadonlyMap<string, HookEvent> = new Map([
  ['pre-install', 'pre-install'],
  ['post-install', 'post-install'],
  ['pre-delete', 'pre-delete'],
  ['post-delete', 'post-delete'],
  ['pre-upgrade', 'pre-upgrade'],
  ['post-upgrade', 'post-upgrade'],
  ['pre-rollback', 'pre-rollback'],
  ['post-rollback', 'post-rollback'],
  ['test', 'test'],
  ['test-success', 'test'],
])

/**
 * How a file is split into documents: `blank-lines-kept` as Helm does since 4.2.4, `blank-lines-dropped` as it did
 * before, where blank lines around a separator go with it.
 */
export type ManifestSplitting = 'blank-lines-kept' | 'blank-lines-dropped'

const separators: Readonly<Record<ManifestSplitting, RegExp>> = {
  'blank-lines-kept': /^---[ \t]*/m,
  'blank-lines-dropped': /(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*/,
}

/** The documents of a text that hold anything. */
export function splitManifests(text: string, splitting: ManifestSplitting): readonly string[] {
  return trimStart(text)
    .split(separators[splitting])
    .map(trimStart)
    .filter((document) => document !== '')
}

/** Go's blanks, which a byte order mark is none of. */
function trimStart(text: string): string {
  return text.replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '')
}

/** Documents and hooks of rendered files, each in install order. Throws FailureError on a document that is no YAML. */
export function sortManifests(
  files: ReadonlyMap<string, string>,
  splitting: ManifestSplitting,
  warn: Warn = () => undefined,
): { readonly manifests: readonly Manifest[]; readonly hooks: readonly Hook[] } {
  const manifests: Manifest[] = []
  const hooks: Hook[] = []
  for (const path of [...files.keys()].toSorted(compareBytewise)) {
    if (path.slice(path.lastIndexOf('/') + 1).startsWith('_')) continue
    for (const content of splitManifests(files.get(path) ?? '', splitting)) {
      const head = headOf(path, content)
      const types = head.annotations['helm.sh/hook']
      if (types === undefined) manifests.push({ path, content, head })
      else hooks.push(...toHook({ path, content, head }, types, warn))
    }
  }
  const byKind = (a: Manifest, b: Manifest): number => compareInstallOrder(a.head.kind, b.head.kind)
  return { manifests: manifests.toSorted(byKind), hooks: hooks.toSorted(byKind) }
}

function headOf(path: string, content: string): ManifestHead {
  try {
    return readManifestHead(content)
  } catch (error) {
    throw chartError(`YAML parse error on ${path}: ${messageOf(error)}`, error)
  }
}

/** Nothing when it names an event that Helm does not know. */
function toHook(manifest: Manifest, types: string, warn: Warn): readonly Hook[] {
  const events = words(types).map((word) => hookEvents.get(word))
  if (!events.every((event) => event !== undefined)) {
    warn('skipping unknown hooks', { level: 'INFO', attributes: { hookTypes: types } })
    return []
  }
  const { annotations } = manifest.head
  const weight = annotations['helm.sh/hook-weight'] ?? ''
  return [
    {
      ...manifest,
      events,
      weight: /^[+-]?\d+$/.test(weight) ? Number(weight) : 0,
      deletePolicies: wordsOf(annotations['helm.sh/hook-delete-policy']),
      outputLogPolicies: wordsOf(annotations['helm.sh/hook-output-log-policy']),
    },
  ]
}

function wordsOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : words(text)
}

function words(text: string): readonly string[] {
  return text.split(',').map((word) => word.trim().toLowerCase())
}
