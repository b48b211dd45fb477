import path from 'node:path'
import type { Agent, ExpectedObject } from '@kedge/agent'
import { FailureError } from '@kedge/base'
import { durationFlag } from '../duration-flag.ts'
import { interrupted } from '../interrupted.ts'
import { painter, type Io } from '../io.ts'
import type { ExitCode } from '../main.ts'
import { featureGates } from '../up/feature-gates.ts'
import { openDataFolder } from '../up/data-folder.ts'
import { startEngine } from '../up/engine.ts'
import { chooseRepository, wantsDemo, watchRepository, type Repository } from '../up/repository.ts'
import { applyRootObjects, followedRepositories, homeNamespace, type FollowedRepository } from '../up/root-objects.ts'
import { openTargetCluster, type TargetCluster } from '../up/target-cluster.ts'
import { createView, renderTable, type Standing } from '../up/view.ts'
import type { UpFlags } from './up.ts'

/** Brings a repository to a cluster and keeps it there until interrupted, or, with --once, until it is settled. */
export async function runUp(flags: UpFlags, io: Io): Promise<ExitCode> {
  const port = readPort(flags.port)
  const timeoutMs = durationFlag(flags.timeout)
  await using folder = await openDataFolder(path.resolve(io.cwd, flags.dataDir))
  const { port: _, ...clusterFlags } = flags
  await using target = await openTargetCluster({ ...clusterFlags, ...(port === undefined ? {} : { port }) }, folder)
  io.stderr(`► ${target.label}\n`)
  const earlier = await followedRepositories(target.cluster)
  const isAsked = flags.repo !== undefined || wantsDemo(earlier, target.embedded)
  const repository = isAsked ? await chooseRepository(flags, folder, io.cwd) : undefined
  const followed = [...earlier, ...(repository === undefined ? [] : [repository])]
  for (const one of uniqueByName(followed)) io.stderr(`► following ${one.folder ?? one.url}\n`)
  await using engine = await startEngine({
    cluster: target.cluster,
    logFile: folder.log,
    isLocal: target.embedded,
    localFolders: followed.flatMap((one) => (one.folder === undefined ? [] : [one.folder])),
    besideOthers: flags.besideOthers ?? false,
    remoteBases: flags.allowRemoteBase ?? [],
    settings: featureGates(flags.featureGates),
    env: io.env,
  })
  const expected = repository === undefined ? [] : await applyRootObjects(target.cluster, repository)
  return flags.once === true
    ? await runOnce(engine.agent, { io, timeoutMs, expected })
    : await runLive(engine.agent, { io, followed: uniqueByName(followed), repository, target, expected })
}

function uniqueByName(followed: readonly FollowedRepository[]): readonly FollowedRepository[] {
  return [...new Map(followed.map((one) => [one.name, one])).values()]
}

interface Live {
  readonly io: Io
  readonly followed: readonly FollowedRepository[]
  readonly repository: Repository | undefined
  readonly target: TargetCluster
  /** What was applied just now. */
  readonly expected: readonly ExpectedObject[]
}

async function runOnce(
  agent: Agent,
  { io, timeoutMs, expected }: Pick<Live, 'io' | 'expected'> & { readonly timeoutMs: number },
): Promise<ExitCode> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), timeoutMs)
  })
  const outcome = await Promise.race([
    agent.settled(expected),
    timeout,
    interrupted().then(() => 'interrupted' as const),
  ])
  clearTimeout(timer)
  const standings = agent.summary()
  io.stdout(renderTable(standings, io))
  const unready = standings.filter((standing) => standing.state !== 'ready' && standing.state !== 'suspended')
  if (outcome === 'timeout') io.stderr(`✗ not settled after ${timeoutMs / 1000} s\n`)
  for (const standing of unready) io.stderr(`✗ ${standing.kind}/${standing.name}: ${standing.message}\n`)
  if (unready.length === 0 && typeof outcome !== 'string') io.stderr(`✔ ${standings.length} ready\n`)
  return unready.length === 0 && typeof outcome !== 'string' ? 0 : 1
}

async function runLive(agent: Agent, { io, followed, repository, target, expected }: Live): Promise<ExitCode> {
  const view = createView(io)
  const show = (): void => view.update(agent.summary())
  const watches = followed.flatMap(({ name, folder }) =>
    folder === undefined ? [] : [watchRepository(folder, () => agent.notifySource(homeNamespace, name))],
  )
  const stopShowing = agent.onChange(show)
  void tellWhenSettled()
  show()
  async function tellWhenSettled(): Promise<void> {
    const standings = await agent.settled(expected)
    view.update(standings)
    view.finish()
    io.stdout(hints(standings, { io, repository, target }))
  }
  await interrupted()
  stopShowing()
  for (const stop of watches) stop()
  io.stderr('\n► stopping; what runs in the cluster stays as it is\n')
  return 0
}

/** What to try next, with commands that can be copied. */
function hints(standings: readonly Standing[], about: Pick<Live, 'io' | 'repository' | 'target'>): string {
  const { io, repository, target } = about
  const paint = painter(io)
  const unready = standings.filter((standing) => standing.state === 'failed').length
  const head =
    unready === 0
      ? paint('green', `\n✔ ${standings.length} ready.`)
      : paint('red', `\n✗ ${unready} of ${standings.length} failed; the messages above say why.`)
  const kubectl =
    target.kubeconfig === undefined ? 'kubectl' : `kubectl --kubeconfig ${relative(io.cwd, target.kubeconfig)}`
  if (repository?.isDemo !== true)
    return `${head} Changes are followed as they come; stop with Ctrl-C.\n  look      kedge tree\n  kubectl   ${kubectl} get all -A\n`
  const demo = relative(io.cwd, repository.folder ?? '')
  return `${head} In another terminal, try:
  1. edit and commit   sed -i 's/count: 3/count: 5/' ${demo}/apps/shop/production/kustomization.yaml && git -C ${demo} commit -qam 'Scale up'
  2. delete an object  ${kubectl} -n production delete deployment web
  3. open a diff       edit a file under ${demo}/apps/shop, then: npx kedge diff ks/shop-production --path ${demo}
Stop with Ctrl-C; the next start goes on from here.
`
}

function relative(from: string, to: string): string {
  const short = path.relative(from, to)
  return short.startsWith('..') || short === '' ? to : short
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new FailureError({
    code: 'BadPort',
    message: `${JSON.stringify(text)} is no port`,
    fix: 'give --port a number from 0 to 65535',
  })
}
