import type { KubeObject } from '@kedge/manifest'
import { createAddressRules, createEgressClient, createGitSource } from '@kedge/source'
import { treeFromFiles } from '@kedge/tree'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { inlineRender } from '../render/renderer.ts'
import { createGitRepo, type GitRepo } from '../testing/git-repo.ts'
import { createWorld, hostTimers, type World } from '../testing/world.ts'
import { buildApplication, previewApplication, type ApplicationPreviewRequest } from './preview-application.ts'

let world: World
let repo: GitRepo
const http = createEgressClient({ rules: createAddressRules({}) })

beforeEach(async () => {
  world = await createWorld('fast')
  repo = createGitRepo()
  await world.cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } })
})

afterEach(async () => {
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

const app = { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'guestbook' }

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: "${value}"\n`
}

const hook = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: first\n  annotations:\n    argocd.argoproj.io/hook: PreSync\n`

function application(spec: object = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'guestbook', namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: repo.url, path: 'guestbook', targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
      ...spec,
    },
  }
}

function request(object: KubeObject, files?: Record<string, string>): ApplicationPreviewRequest {
  const ports = { clock: { now: () => Date.now() }, timers: hostTimers, random: { next: () => 0 } }
  const tree = files === undefined ? {} : { tree: treeFromFiles(files) }
  const git = createGitSource({ http, localFolders: 'any' })
  return { cluster: world.cluster, ports, object, render: inlineRender(), git, ...tree }
}

async function linesOf(asked: ApplicationPreviewRequest): Promise<readonly string[]> {
  const previewed = await previewApplication(asked)
  if (!previewed.ok) return [previewed.failure.message]
  const { plan, hooks } = previewed.value
  return [
    ...plan.waves.flatMap(({ changes }) => changes.map(({ kind, target: { ref } }) => `${kind} ${ref.name}`)),
    ...plan.prune.map(({ entry, verdict }) => `${verdict.kind} ${entry.name}`),
    ...hooks.map((name) => `hook ${name}`),
  ]
}

async function synced(): Promise<KubeObject> {
  repo.commit({ 'guestbook/a.yaml': configMap('a', '1'), 'guestbook/b.yaml': configMap('b', '1') })
  await using _running = await world.startAgent()
  await world.cluster.apply(application({ syncPolicy: { automated: {} } }), { fieldManager: 'test', force: true })
  const isSynced = (object: KubeObject | undefined): boolean =>
    (object?.['status'] as { sync?: { status?: string } } | undefined)?.sync?.status === 'Synced'
  return (await world.until(app, isSynced))!
}

test('the repository is compared as it is now, and what it has no longer would be pruned', async () => {
  const live = await synced()
  expect(await linesOf(request(live))).toEqual(['none a', 'none b'])
  repo.commit({
    'guestbook/a.yaml': configMap('a', '2'),
    'guestbook/b.yaml': undefined,
    'guestbook/c.yaml': configMap('c', '1'),
  })
  const version = (await world.get('Application', 'argocd', 'guestbook', app.group))?.metadata.resourceVersion
  expect(await linesOf(request(live))).toEqual(['update a', 'create c', 'delete b'])
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: '1' } })
  expect(await world.get('ConfigMap', 'default', 'c')).toBeUndefined()
  expect((await world.get('Application', 'argocd', 'guestbook', app.group))?.metadata.resourceVersion).toBe(version)
})

test('files at hand take the place of the repository, whatever operation is under way; hooks are named apart', async () => {
  const live = await synced()
  const busy = { ...live, operation: { sync: {} } }
  const files = { 'guestbook/a.yaml': configMap('a', '3'), 'guestbook/hook.yaml': hook }
  expect(await linesOf(request(busy, files))).toEqual(['update a', 'delete b', 'hook Pod/first'])
  const built = await buildApplication(request(busy, files))
  if (!built.ok) throw new Error(built.failure.message)
  expect(built.value.objects.map(({ object }) => object.metadata.name)).toEqual(['a'])
})

test('a path and a revision that are not there are the failure', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a', '1') })
  expect(await linesOf(request(application(), { 'other/a.yaml': configMap('a', '1') }))).toEqual([
    'guestbook: app path does not exist',
  ])
  const source = { repoURL: repo.url, path: 'guestbook', targetRevision: 'nowhere' }
  expect(await linesOf(request(application({ source })))).toEqual([expect.stringContaining('nowhere')])
})
