/** A repository cut into artifacts that Kustomizations take, on the embedded or the real cluster. */
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startGitServer, type GitServer } from '../test/git-server/git-server.ts'
import type { TestRepository } from '../test/git-server/test-repository.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { startEngine, type Engine } from './flow/engine.ts'

const home = `slices-${Date.now().toString(36)}`
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 120_000

let target: TestCluster
let git: GitServer
let repository: TestRepository
let engine: Engine

const generators = { group: 'source.extensions.fluxcd.io', kind: 'ArtifactGenerator' }
const externals = { group: 'source.toolkit.fluxcd.io', kind: 'ExternalArtifact' }
const kustomizations = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' }
const configMaps = { group: '', kind: 'ConfigMap' }

const settings = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${home}}\ndata: {value: ${JSON.stringify(value)}}\n`

async function apply(apiVersion: string, kind: string, name: string, spec: object): Promise<void> {
  await target.cluster.apply({ apiVersion, kind, metadata: { name, namespace: home }, spec }, manager)
}

const generate = (spec: object): Promise<void> =>
  apply('source.extensions.fluxcd.io/v1beta1', 'ArtifactGenerator', 'apps', {
    sources: [{ alias: 'git', kind: 'GitRepository', name: 'repo' }],
    ...spec,
  })

const slice = (name: string): object => ({ name, copy: [{ from: `@git/apps/${name}/**`, to: '@artifact/' }] })

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  repository = git.createRepository()
  repository.commit({ 'apps/one/cm.yaml': settings('one', '1'), 'apps/two/cm.yaml': settings('two', '1') })
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
  await apply('source.toolkit.fluxcd.io/v1', 'GitRepository', 'repo', {
    url: git.urlOf(repository),
    ref: { branch: 'main' },
    interval: '10m',
  })
}, slow)

afterAll(async () => {
  await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
  await engine[Symbol.asyncDispose]()
  await git.close()
  await target.close()
}, slow)

async function until(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  wanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> {
  const cache = target.cluster.cache(kind, { namespace: home, fieldSelector: `metadata.name=${name}` })
  await cache.synced
  const found = await new Promise<KubeObject | undefined>((resolve) => {
    const look = (): void => {
      if (wanted(cache.get(home, name))) resolve(cache.get(home, name))
    }
    cache.onEvent(look)
    look()
  })
  cache.close()
  return found
}

function conditionOf(object: KubeObject | undefined): { status: string; reason: string } | undefined {
  const status = (object?.['status'] ?? {}) as {
    readonly conditions?: readonly { type: string; status: string; reason: string; observedGeneration?: number }[]
  }
  return status.conditions?.find(
    ({ type, observedGeneration }) => type === 'Ready' && observedGeneration === object?.metadata.generation,
  )
}

const isReady = (object: KubeObject | undefined): boolean => conditionOf(object)?.status === 'True'
const isGone = (object: KubeObject | undefined): boolean => object === undefined
const valueOf = (object: KubeObject | undefined): unknown =>
  (object?.['data'] as { value?: unknown } | undefined)?.value

test(
  '[GA9] slices roll one by one, come back when they are deleted by hand, and go with their generator',
  async () => {
    await generate({ artifacts: [slice('one'), slice('two')], commonMetadata: { labels: { team: 'a' } } })
    const names = ['one', 'two']
    for (const name of names)
      await apply('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, {
        interval: '10m',
        prune: true,
        path: './',
        sourceRef: { kind: 'ExternalArtifact', name },
      })
    await Promise.all(names.map((name) => until(kustomizations, name, isReady)))
    const untouched = await until(externals, 'two', isReady)
    expect(untouched?.metadata.labels).toMatchObject({ team: 'a' })

    repository.commit({ 'apps/one/cm.yaml': settings('one', '2') })
    engine.agent.notifySource(home, 'repo')
    await until(configMaps, 'one', (object) => valueOf(object) === '2')
    expect((await until(externals, 'two', isReady))?.metadata.resourceVersion).toBe(untouched?.metadata.resourceVersion)

    await target.cluster.delete({ ...externals, namespace: home, name: 'two' })
    await until(externals, 'two', (object) => isReady(object) && object?.metadata.uid !== untouched?.metadata.uid)
    await generate({
      pathPattern: '@git/apps/{app}',
      artifacts: [{ name: '{app}-found', copy: [{ from: '@git/apps/{app}/**', to: '@artifact/' }] }],
    })
    await until(externals, 'one-found', (object) => isReady(object) && object?.metadata.labels?.['app'] === 'one')
    await until(externals, 'one', isGone)

    for (const name of names) await target.cluster.delete({ ...kustomizations, namespace: home, name })
    for (const name of names) await until(kustomizations, name, isGone)
    await target.cluster.delete({ ...generators, namespace: home, name: 'apps' })
    await until(generators, 'apps', isGone)
    await until(externals, 'two-found', isGone)
  },
  slow,
)

test(
  '[GA1] limits of the schema are the server’s to refuse, and what it cannot know stalls',
  async () => {
    await expect(generate({ artifacts: [] })).rejects.toThrow('spec.artifacts')
    await expect(generate({ artifacts: [slice('Upper')] })).rejects.toThrow('artifact names must be valid')
    await generate({ artifacts: [slice('one'), slice('one')] })
    const stalled = await until(generators, 'apps', (object) => conditionOf(object)?.status === 'False')
    expect(conditionOf(stalled)?.reason).toBe('ValidationFailed')
    await target.cluster.delete({ ...generators, namespace: home, name: 'apps' })
    await until(generators, 'apps', isGone)
  },
  slow,
)
