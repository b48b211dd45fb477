import path from 'node:path'
import { FailureError } from '@kedge/base'
import { loadChartArchive } from '@kedge/helm'
import type { RemoteAnswer, RemoteNeed } from '@kedge/kustomize'
import {
  createAddressRules,
  createEgressClient,
  createGitSource,
  createRemoteFetcher,
  createRemoteRules,
  type RemoteFetcher,
} from '@kedge/source'
import { treeFromFiles, type FileTree } from '@kedge/tree'
import { createChartFetcher, type ChartFetcher } from '../helm/chart-fetcher.ts'
import { gunzip } from '../helm/load-chart.ts'
import type { RepositoryAccess } from '../helm/repository-flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a command line allows to be fetched, and whose logins are used. */
export interface RemoteAccess {
  /** Prefixes of addresses, or any. */
  readonly allowed: readonly string[] | 'any'
  readonly env: Environment
}

/** Runs a build to its end, fetching what it yields. Throws the build's FailureError. */
export async function finishWithRemotes<T>(
  build: Generator<readonly RemoteNeed[], T, readonly RemoteAnswer[]>,
  needs: readonly RemoteNeed[],
  access: RemoteAccess,
): Promise<T> {
  await using remotes = openRemotes(access)
  const answersTo = (wanted: readonly RemoteNeed[]) => Promise.all(wanted.map((need) => remotes.answer(need)))
  let step = build.next(await answersTo(needs))
  while (step.done !== true) step = build.next(await answersTo(step.value))
  return step.value
}

interface Remotes extends AsyncDisposable {
  answer(need: RemoteNeed): Promise<RemoteAnswer>
}

function openRemotes({ allowed, env }: RemoteAccess): Remotes {
  // Whoever types a command may reach this machine and its network, and read its repositories.
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  const rules = createRemoteRules(allowed)
  const fetcher = createRemoteFetcher({ http, rules, git: createGitSource({ http, localFolders: 'any' }) })
  const charts = createChartFetcher(chartAccess(env), { cwd: '', env })
  return {
    answer: (need) => answerOf(() => fetchNeed(need, { fetcher, charts, rules })),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([http.close(), charts[Symbol.asyncDispose]()])
    },
  }
}

/** kustomize runs helm with a configuration of its own, so that only logins to registries remain of the user's. */
function chartAccess(env: Environment): RepositoryAccess {
  const docker = path.join(env['DOCKER_CONFIG'] ?? path.join(env['HOME'] ?? '', '.docker'), 'config.json')
  const own = env['HELM_REGISTRY_CONFIG']
  return {
    tls: undefined,
    credentials: undefined,
    passCredentials: false,
    plainHttp: false,
    repositoryConfig: '',
    registryConfigs: [...(own === undefined ? [] : [own]), docker],
  }
}

interface Fetchers {
  readonly fetcher: RemoteFetcher
  readonly charts: ChartFetcher
  readonly rules: ReturnType<typeof createRemoteRules>
}

async function fetchNeed(need: RemoteNeed, { fetcher, charts, rules }: Fetchers): Promise<RemoteAnswer> {
  switch (need.kind) {
    case 'repository':
      return { kind: 'tree', tree: await fetcher.repository(need) }
    case 'file':
      return { kind: 'file', bytes: await fetcher.file(need.url) }
    case 'chart': {
      rules.check(repositoryUrl(need.repo))
      const version = need.version === '' && need.devel ? '>0.0.0-0' : need.version
      const { bytes } = await charts.fromRepository(need.repo, need.name, { version, withProvenance: false })
      return { kind: 'tree', tree: chartTree(bytes) }
    }
  }
}

function repositoryUrl(repo: string): URL {
  if (/^(?:https?|oci):/.test(repo) && URL.canParse(repo)) return new URL(repo)
  throw new FailureError({ code: 'URLInvalid', message: 'the repo is no URL', fix: 'write https://… or oci://…' })
}

function chartTree(archive: Uint8Array): FileTree {
  const { raw } = loadChartArchive(archive, { gunzip, warn: () => undefined })
  return treeFromFiles(new Map(raw.map(({ name, bytes }) => [name, bytes])))
}

async function answerOf(fetch: () => Promise<RemoteAnswer>): Promise<RemoteAnswer> {
  try {
    return await fetch()
  } catch (error) {
    if (error instanceof FailureError) return { kind: 'failed', failure: error.failure }
    throw error
  }
}
