import { FailureError, fail, ok, type Result } from '@kedge/base'
import type { Cluster, ObjectCache } from '@kedge/cluster'
import { textData } from '@kedge/flux'
import type { FileTree } from '@kedge/tree'

import { connectionOf } from './connection.ts'
import type { GitSources } from './git-sources.ts'

/** Revisions of repositories that Applications name by URL. */
export interface Checkouts {
  /** Resolves a branch, tag, range, commit or HEAD (empty), and holds its files. */
  checkout(repoUrl: string, revision: string): Promise<Result<string>>
  /** The files of a commit that was checked out. */
  tree(repoUrl: string, commit: string): FileTree | undefined
  close(): void
}

/** Trees held at once; the source keeps what they share. */
const maxTrees = 2_000

/** Checkouts with the credentials of Argo CD's repository Secrets. */
export function createCheckouts(sources: Pick<GitSources, 'checkout'>, cluster: Cluster): Checkouts {
  const trees = new Map<string, FileTree>()
  const labelSelector = 'argocd.argoproj.io/secret-type in (repository,repo-creds)'
  const secrets: ObjectCache = cluster.cache({ group: '', version: 'v1', kind: 'Secret' }, { labelSelector })
  return {
    async checkout(repoUrl, revision) {
      try {
        await secrets.synced
        const connection = connectionOf(credentialsFor(repoUrl, secrets), undefined)
        const artifact = await sources.checkout({ url: repoUrl, ref: { any: revision }, ...connection })
        const key = `${repoUrl} ${artifact.commit.oid}`
        trees.delete(key)
        trees.set(key, artifact.tree)
        for (const old of trees.keys()) {
          if (trees.size <= maxTrees) break
          trees.delete(old)
        }
        return ok(artifact.commit.oid)
      } catch (error) {
        if (error instanceof FailureError) return fail(error.failure)
        throw error
      }
    },
    tree: (repoUrl, commit) => trees.get(`${repoUrl} ${commit}`),
    close: () => secrets.close(),
  }
}

/** The Secret for this very repository, else the template whose URL is the longest beginning of it. */
function credentialsFor(repoUrl: string, secrets: ObjectCache): Readonly<Record<string, Uint8Array>> | undefined {
  const all = secrets.list().map((secret) => ({ labels: secret.metadata.labels ?? {}, data: textData(secret) }))
  const typeLabel = 'argocd.argoproj.io/secret-type'
  const own = all.find(({ labels, data }) => labels[typeLabel] === 'repository' && data['url'] === repoUrl)
  const templates = all
    .filter(({ labels, data }) => labels[typeLabel] === 'repo-creds' && repoUrl.startsWith(data['url'] ?? '\0'))
    .toSorted((a, b) => (b.data['url'] ?? '').length - (a.data['url'] ?? '').length)
  const data = own?.data['password'] === undefined ? templates[0]?.data : own.data
  if (data === undefined) return undefined
  const kept = ['username', 'password', 'bearerToken'].flatMap((name) => {
    const value = data[name]
    return value === undefined ? [] : [[name, new TextEncoder().encode(value)] as const]
  })
  return Object.fromEntries(kept)
}
