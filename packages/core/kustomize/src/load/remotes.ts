import { Bug, FailureError, type Failure } from '@kedge/base'
import type { FileTree } from '@kedge/tree'
import { buildFailure } from '../build-failure.ts'
import type { Repository } from './repository.ts'

/** A chart of a repository, as `helmCharts` names it. */
export interface RemoteChart {
  /** `https://…` or `oci://…`, the folder of the chart in it without the chart's name. */
  readonly repo: string
  readonly name: string
  /** A version or a range; empty for the newest. */
  readonly version: string
  /** Whether versions that are not final count for an empty version. */
  readonly devel: boolean
}

/** Something outside the tree that a build cannot do without. */
export type RemoteNeed =
  | ({ readonly kind: 'repository' } & Pick<Repository, 'clone' | 'ref' | 'timeoutMs' | 'submodules'>)
  | { readonly kind: 'file'; readonly url: string }
  | ({ readonly kind: 'chart' } & RemoteChart)

/** What a need brought: the files of a repository or of a chart, or the bytes of a file; or why not. */
export type RemoteAnswer =
  | { readonly kind: 'tree'; readonly tree: FileTree }
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly failure: Failure }

/**
 * Brings what lies outside the tree. A build cannot wait, so each method answers at once, throws a FailureError for what
 * cannot be had, or throws to end the build until it is here (`withRemotes`).
 */
export interface RemoteLoader {
  /** The tree of a Git repository at a reference. */
  repository(repository: Repository): FileTree
  /** The bytes at an HTTP address. */
  file(url: string): Uint8Array
  /** The files of a chart. */
  chart(chart: RemoteChart): FileTree
  /** Hears what will be asked for soon, so that it can be fetched together. */
  expect?(need: RemoteNeed): void
}

/** How far a build may reach. */
export interface RemoteLimits {
  /** Fetched things in all. */
  readonly maxNeeds: number
  /** Builds of one kustomization: each goes at least one remote base deeper. */
  readonly maxRounds: number
}

/** The limits where none are given. */
export const defaultRemoteLimits: RemoteLimits = { maxNeeds: 200, maxRounds: 50 }

/** Ends a build that meets something that was not fetched yet. No failure: nobody but `attemptWith` catches it. */
class NotFetchedError extends Error {
  override readonly name = 'NotFetchedError'
}

/** What has been fetched, for one build after the other. */
export class FetchedRemotes implements RemoteLoader {
  readonly #answers = new Map<string, RemoteAnswer>()
  readonly #needs = new Map<string, RemoteNeed>()

  /** What the last attempt asked for and was not given. */
  get needs(): readonly RemoteNeed[] {
    return [...this.#needs.values()]
  }

  /** How many answers are here. */
  get size(): number {
    return this.#answers.size
  }

  /** Takes the answer to a need. */
  answer(need: RemoteNeed, answer: RemoteAnswer): void {
    const key = keyOf(need)
    this.#needs.delete(key)
    this.#answers.set(key, answer)
  }

  repository({ clone, ref, timeoutMs, submodules }: Repository): FileTree {
    return treeIn(this.#answerTo({ kind: 'repository', clone, ref, timeoutMs, submodules }))
  }

  file(url: string): Uint8Array {
    const answer = this.#answerTo({ kind: 'file', url })
    if (answer.kind === 'tree') throw new Bug('a file was answered with a tree')
    return answer.bytes
  }

  chart(chart: RemoteChart): FileTree {
    return treeIn(this.#answerTo({ kind: 'chart', ...chart }))
  }

  expect(need: RemoteNeed): void {
    const key = keyOf(need)
    if (!this.#answers.has(key)) this.#needs.set(key, need)
  }

  #answerTo(need: RemoteNeed): Exclude<RemoteAnswer, { kind: 'failed' }> {
    const answer = this.#answers.get(keyOf(need))
    if (answer === undefined) {
      this.expect(need)
      throw new NotFetchedError('something outside the tree is to be fetched first')
    }
    if (answer.kind === 'failed') throw new FailureError(answer.failure)
    return answer
  }
}

function treeIn(answer: Exclude<RemoteAnswer, { kind: 'failed' }>): FileTree {
  if (answer.kind === 'file') throw new Bug('a tree was answered with a file')
  return answer.tree
}

/** The timeout is not part of what is fetched. */
function keyOf(need: RemoteNeed): string {
  switch (need.kind) {
    case 'repository':
      return JSON.stringify(['repository', need.clone, need.ref, need.submodules])
    case 'file':
      return JSON.stringify(['file', need.url])
    case 'chart':
      return JSON.stringify(['chart', need.repo, need.name, need.version, need.devel])
  }
}

/** One attempt: its result, or undefined when `remotes.needs` must be answered first. */
export function attemptWith<T extends object>(
  remotes: FetchedRemotes,
  attempt: (remote: RemoteLoader) => T,
): T | undefined {
  try {
    return attempt(remotes)
  } catch (error) {
    if (error instanceof NotFetchedError) return undefined
    throw error
  }
}

/**
 * Runs a build that may reach outside its tree: yields what must be fetched, is resumed with the answers in the same
 * order, and tries again until nothing is missing. Throws a FailureError where the build fails or asks for too much.
 */
export function* withRemotes<T extends object>(
  attempt: (remote: RemoteLoader) => T,
  limits: RemoteLimits = defaultRemoteLimits,
): Generator<readonly RemoteNeed[], T, readonly RemoteAnswer[]> {
  const remotes = new FetchedRemotes()
  for (let round = 0; round <= limits.maxRounds; round++) {
    const result = attemptWith(remotes, attempt)
    if (result !== undefined) return result
    const { needs } = remotes
    if (remotes.size + needs.length > limits.maxNeeds) break
    const answers = yield needs
    for (const [index, need] of needs.entries()) {
      const answer = answers[index]
      if (answer === undefined) throw new Bug('a need was left without an answer')
      remotes.answer(need, answer)
    }
  }
  throw buildFailure(
    'kustomize-limit',
    `the build reaches for more than ${limits.maxNeeds} remote files, repositories and charts, or for remote bases of remote bases more than ${limits.maxRounds} deep`,
    { fix: 'copy some of them into the source' },
  )
}
