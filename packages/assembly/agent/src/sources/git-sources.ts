import { FailureError, type Failure } from '@kedge/base'
import type { FetchAnswer, FetchedArtifact, GitFetch, GitRepositorySpec } from '@kedge/flux'
import { selectContent, type ArtifactServer, type GitArtifact, type GitSource, type GitSourceSpec } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import { connectionOf } from './connection.ts'

/** The artifacts of all GitRepositories of the process, each with the tree it was made of. */
export interface GitSources {
  fetch(spec: GitRepositorySpec, request: GitFetch): Promise<FetchAnswer>
  /** The tree of an artifact, while it is held. */
  tree(namespace: string, name: string, revision: string): FileTree | undefined
  forget(namespace: string, name: string): void
  /** A repository's files at a revision, for who names it directly. Throws FailureError. */
  checkout(spec: GitSourceSpec): Promise<GitArtifact>
}

export interface GitSourcesOptions {
  readonly git: GitSource
  /** Hands artifacts out to others over HTTP. */
  readonly artifacts: Pick<ArtifactServer, 'publish' | 'withdraw'>
}

interface Held {
  readonly artifact: FetchedArtifact
  readonly tree: FileTree
  /** What decided which files of the commit are in the tree. */
  readonly content: string
  /** Path of the artifact that this one took the place of. */
  readonly before: string | undefined
}

export function createGitSources(options: GitSourcesOptions): GitSources {
  const { git, artifacts } = options
  const held = new Map<string, Held>()

  function includedTrees(spec: GitRepositorySpec, request: GitFetch): readonly IncludedTree[] {
    return spec.include.map((include) => {
      const other = held.get(keyOf(request.namespace, include.repository))
      if (other === undefined) {
        const message = `could not get the artifact of GitRepository '${request.namespace}/${include.repository}'`
        throw new FailureError({ code: 'IncludeUnavailable', message })
      }
      return { ...include, tree: other.tree, digest: other.artifact.digest }
    })
  }

  async function fetch(spec: GitRepositorySpec, request: GitFetch): Promise<FetchAnswer> {
    const source = sourceSpec(spec, request)
    const resolved = await git.resolve(source)
    const included = includedTrees(spec, request)
    const content = JSON.stringify([spec.ignore, spec.sparseCheckout, included.map(({ tree: _tree, ...rest }) => rest)])
    const key = keyOf(request.namespace, request.name)
    const old = held.get(key)
    if (old?.artifact.revision === resolved.revision && old.content === content) {
      return { kind: 'fetched', artifact: old.artifact, changed: false }
    }
    const checkout = await git.fetch(source, resolved)
    const tree = selectContent(checkout.tree, {
      ...(spec.ignore === undefined ? {} : { ignore: spec.ignore }),
      sparseCheckout: spec.sparseCheckout,
      include: included,
    })
    const path = `gitrepository/${request.namespace}/${request.name}/${resolved.commit}.tar.gz`
    const published = await artifacts.publish(path, tree)
    // The one before stays for who is still fetching it; only the one before that is withdrawn.
    if (old !== undefined && old.before !== undefined && old.before !== path) artifacts.withdraw(old.before)
    const subject = checkout.commit.message.split('\n', 1)[0] ?? ''
    const artifact = { revision: resolved.revision, subject, ...published }
    const before = old?.artifact.path === path ? old.before : old?.artifact.path
    held.set(key, { artifact, tree, content, before })
    return { kind: 'fetched', artifact, changed: true }
  }

  return {
    async fetch(spec, request) {
      try {
        return await fetch(spec, request)
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        return { kind: 'failed', failure: fluxFailure(error.failure, spec), retryable: true }
      }
    },
    tree(namespace, name, revision) {
      const found = held.get(keyOf(namespace, name))
      return found?.artifact.revision === revision ? found.tree : undefined
    },
    forget(namespace, name) {
      const old = held.get(keyOf(namespace, name))
      held.delete(keyOf(namespace, name))
      for (const path of [old?.artifact.path, old?.before]) if (path !== undefined) artifacts.withdraw(path)
    },
    async checkout(spec) {
      return git.fetch(spec, await git.resolve(spec))
    },
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

function sourceSpec(spec: GitRepositorySpec, request: GitFetch): GitSourceSpec {
  return {
    url: spec.url,
    ref: spec.ref,
    timeoutMs: spec.timeoutMs,
    ...connectionOf(request.credentials, request.proxy),
  }
}

interface IncludedTree {
  readonly repository: string
  readonly fromPath: string
  readonly toPath: string
  readonly tree: FileTree
  readonly digest: string
}

/** Reasons as Flux names them; what is not one of Flux's keeps its own code, and becomes GitOperationFailed. */
function fluxFailure(failure: Failure, spec: GitRepositorySpec): Failure {
  const message = failure.message.startsWith('failed')
    ? failure.message
    : `failed to checkout and determine revision: ${failure.message}`
  switch (failure.code) {
    case 'AccessDenied':
    case 'AuthenticationFailed':
      return { ...failure, code: 'AuthenticationFailed', message }
    case 'EmptyRepository':
      return { ...failure, code: 'EmptyGitRepository', message: `git repository is empty: ${spec.url}` }
    case 'URLInvalid':
    case 'RefInvalid':
    case 'IncludeUnavailable':
      return failure
    default:
      return { ...failure, message }
  }
}
