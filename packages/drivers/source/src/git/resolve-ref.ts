import { type SemanticVersion, compareVersions } from '@kedge/semver'
import { readRange, readVersion } from '../semver/range.ts'
import { gitError } from './git-failure.ts'
import { formatOfId } from './object-format.ts'
import type { AdvertisedRef } from './protocol.ts'
import { type RefSpec, isObjectId, isRefName } from './ref-name.ts'

/** What a RefSpec came to at one moment. */
export interface ResolvedRef {
  /** `<name>@<hash>:<commit>`, or `<hash>:<commit>` when only a commit was asked for. */
  readonly revision: string
  /** Id of the commit. */
  readonly commit: string
  /** What to ask the server for: the commit, or the annotated tag that leads to it. */
  readonly want: string
  /** The full ref that was found; absent when a commit was asked for. */
  readonly ref?: string
}

/** How a RefSpec is looked up: which refs to list, and which of them to take. */
interface RefQuery {
  readonly prefixes: readonly string[]
  choose(refs: readonly AdvertisedRef[]): ResolvedRef | undefined
  /** The words that name what was looked for. */
  readonly what: string
}

/** Either the answer, when the RefSpec needs no server, or the query that finds it. */
export type RefPlan =
  | { readonly kind: 'known'; readonly resolved: ResolvedRef }
  | ({ readonly kind: 'query' } & RefQuery)

/** Plans the lookup of a checked RefSpec; commit goes before name, name before semver, tag and branch. */
export function planRef(ref: RefSpec): RefPlan {
  if (isGiven(ref.any) || (ref.any === '' && Object.keys(ref).length === 1)) return planAny(ref.any)
  if (isGiven(ref.commit)) return { kind: 'known', resolved: commitOnly(ref.commit, ref.name ?? ref.branch) }
  if (isGiven(ref.name)) return query(exact(ref.name, ref.name), `ref ${ref.name}`)
  if (isGiven(ref.semver)) return planSemver(ref.semver)
  if (isGiven(ref.tag)) return query(exact(`refs/tags/${ref.tag}`, ref.tag), `tag ${ref.tag}`)
  const branch = isGiven(ref.branch) ? ref.branch : 'master'
  return query(exact(`refs/heads/${branch}`, branch), `branch ${branch}`)
}

/** The failure for a ref that is not there, naming some that are. */
export function refNotFound(what: string, refs: readonly AdvertisedRef[]): Error {
  if (refs.length === 0) {
    return gitError('EmptyRepository', 'the repository is empty', 'push a commit')
  }
  const branches = refs.filter(({ name }) => name.startsWith('refs/heads/')).map(({ name }) => name.slice(11))
  const some = branches.slice(0, 5).join(', ')
  const fix = branches.length === 0 ? 'push it' : `its branches are ${some}${branches.length > 5 ? ', …' : ''}`
  return gitError('RefNotFound', `the repository has no ${what}`, fix)
}

type Lookup = Pick<RefQuery, 'prefixes' | 'choose'>

function query(lookup: Lookup, what: string): RefPlan {
  return { kind: 'query', ...lookup, what }
}

function exact(full: string, shown: string): Lookup {
  return {
    prefixes: [full],
    choose: (refs) => {
      const ref = refs.find(({ name }) => name === full)
      return ref === undefined ? undefined : resolvedTo(ref, shown)
    },
  }
}

function planSemver(text: string): RefPlan {
  const range = readRange(text)
  if (range === undefined) {
    throw gitError(
      'RefInvalid',
      `ref.semver ${JSON.stringify(text)} is no version range`,
      'write it like ">=1.2.0 <2.0.0"',
    )
  }
  const choose = (refs: readonly AdvertisedRef[]) => {
    const tagged = refs.flatMap((ref): { ref: AdvertisedRef; version: SemanticVersion }[] => {
      const version = readVersion(ref.name.replace(/^refs\/tags\//, ''))
      return version !== undefined && range.contains(version) ? [{ ref, version }] : []
    })
    // Versions that differ in build metadata only are told apart by their text, so that the choice never wavers.
    const best = tagged.toSorted(
      (a, b) => compareVersions(b.version, a.version) || (a.version.original < b.version.original ? 1 : -1),
    )[0]
    return best === undefined ? undefined : resolvedTo(best.ref, best.version.original)
  }
  return query({ prefixes: ['refs/tags/'], choose }, `tag in the range ${text}`)
}

/** A word of a person: branch before tag, then a full ref, a range over tags, a full commit id. */
function planAny(text: string): RefPlan {
  if (text === '' || text === 'HEAD') return query(exact('HEAD', 'HEAD'), 'HEAD')
  if (isObjectId(text)) return { kind: 'known', resolved: commitOnly(text, undefined) }
  const names = [`refs/heads/${text}`, `refs/tags/${text}`, text].filter((name) => isRefName(name))
  const ranged = readRange(text) === undefined ? undefined : planSemver(text)
  const range = ranged?.kind === 'query' ? ranged : undefined
  if (names.length === 0 && range === undefined) {
    throw gitError('RefInvalid', `the revision ${JSON.stringify(text)} is not valid`, 'give a branch, tag or commit')
  }
  const choose = (refs: readonly AdvertisedRef[]) => {
    const named = names.flatMap((name) => refs.find((ref) => ref.name === name) ?? [])[0]
    return named === undefined ? range?.choose(refs) : resolvedTo(named, text)
  }
  return query({ prefixes: [...names, ...(range?.prefixes ?? [])], choose }, `branch or tag ${text}`)
}

function resolvedTo(ref: AdvertisedRef, shown: string): ResolvedRef {
  const commit = ref.peeled ?? ref.oid
  return { revision: `${shown}@${digestOf(commit)}`, commit, want: ref.oid, ref: ref.target ?? ref.name }
}

function commitOnly(commit: string, shown: string | undefined): ResolvedRef {
  const prefix = isGiven(shown) ? `${shown}@` : ''
  return { revision: `${prefix}${digestOf(commit)}`, commit, want: commit }
}

function digestOf(commit: string): string {
  return `${formatOfId(commit)?.name ?? 'sha1'}:${commit}`
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}
