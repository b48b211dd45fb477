/** Repositories that others wrote for Flux, from the first commit to the last deletion, on the embedded or the real cluster. */
import type { Standing } from '@kedge/agent'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { startEngine, type Engine } from '../../../e2e/flow/engine.ts'
import { createChartServer, type ChartServer } from '../../../packages/assembly/agent/src/testing/chart-server.ts'
import { startGitServer, type GitServer } from '../../git-server/git-server.ts'
import type { TestRepository } from '../../git-server/test-repository.ts'
import { testCluster, type TestCluster } from '../target.ts'
import { corpusFolder, readTexts } from './corpus.ts'
import { gatewayDefinitions, serveStandIns, standInAddresses } from './stand-in-charts.ts'

const home = 'flux-system'
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 240_000

let target: TestCluster
let git: GitServer
let server: ChartServer
let engine: Engine

beforeAll(async () => {
  target = await testCluster()
  git = await startGitServer()
  server = await createChartServer()
  await serveStandIns(server)
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
}, slow)

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  const crd = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }
  for (const name of gatewayDefinitions) await target.cluster.delete({ ...crd, name })
  for (const name of [home, 'cluster-config'])
    await target.cluster.delete({ version: 'v1', group: '', kind: 'Namespace', name })
  await git.close()
  await server[Symbol.asyncDispose]()
  await target.close()
}, slow)

afterEach(async () => {
  await target.cluster.delete(root)
  await target.cluster.delete(source)
  await until(() => engine.agent.summary().length === 0)
}, slow)

const root = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: home, name: home }
const source = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace: home, name: home }

/** A copy of a repository of the corpus that names servers of this machine, followed as `flux bootstrap` has it. */
async function follow(name: string, path: string): Promise<TestRepository> {
  const repository = git.createRepository(`${name}.git`)
  repository.commit(readTexts(corpusFolder(`repositories/${name}`), standInAddresses(server)), { message: name })
  const metadata = { name: home, namespace: home }
  await target.cluster.apply(
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: { url: git.urlOf(repository), ref: { branch: 'main' }, interval: '10m' },
    },
    manager,
  )
  await target.cluster.apply(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: { interval: '10m', prune: true, path, sourceRef: { kind: 'GitRepository', name: home } },
    },
    manager,
  )
  return repository
}

/** Resolves when a claim holds; it is looked at whenever the engine says that something has changed. */
function until(claim: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!claim()) return
      stop()
      resolve()
    }
    const stop = engine.agent.onChange(look)
    look()
  })
}

function isReady(names: readonly string[]): () => boolean {
  return () => {
    const standings = engine.agent.summary()
    const ready = new Set(standings.filter(({ state }) => state === 'ready').map(nameOf))
    return standings.every((one) => ready.has(nameOf(one))) && names.every((one) => ready.has(one))
  }
}

const nameOf = ({ kind, namespace, name }: Standing): string => `${kind}/${namespace}/${name}`

async function untilObject(
  ref: { readonly group: string; readonly kind: string; readonly namespace?: string; readonly name: string },
  wanted: (object: KubeObject | undefined) => boolean,
): Promise<void> {
  const { group, kind, namespace = '', name } = ref
  const cache = target.cluster.cache(
    { group, kind },
    { ...(namespace === '' ? {} : { namespace }), fieldSelector: `metadata.name=${name}` },
  )
  await cache.synced
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (wanted(cache.get(namespace, name))) resolve()
    }
    cache.onEvent(look)
    look()
  })
  cache.close()
}

/** Edits a file of a repository; the text to be replaced must be there. */
function edit(repository: TestRepository, file: string, [from, to]: readonly [string, string]): void {
  const name = 'flux2-kustomize-helm-example'
  const text = readTexts(corpusFolder(`repositories/${name}`), standInAddresses(server))[file] ?? ''
  expect(text).toContain(from)
  repository.commit({ [file]: text.replaceAll(from, to) }, { message: `edit ${file}` })
}

const namespace = (name: string) => ({ group: '', version: 'v1', kind: 'Namespace', name })

test(
  'flux2-kustomize-helm-example: slices of a repository, charts of registries, and what depends on their definitions',
  async () => {
    const repository = await follow('flux2-kustomize-helm-example', './clusters/staging')
    await until(
      isReady([
        `Kustomization/${home}/apps`,
        `Kustomization/${home}/infra-configs`,
        `ArtifactGenerator/${home}/flux-system`,
        `ExternalArtifact/${home}/infrastructure`,
        'OCIRepository/cert-manager/cert-manager',
        'HelmRelease/cert-manager/cert-manager',
        'HelmRelease/envoy-gateway-system/envoy-gateway',
        'HelmRelease/podinfo/podinfo',
      ]),
    )
    target.cluster.discovery.invalidate()
    const issuer = { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'letsencrypt' }
    const route = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'podinfo', name: 'podinfo' }
    const hostnames = (object: KubeObject | undefined): unknown =>
      (object?.['spec'] as { hostnames?: unknown } | undefined)?.hostnames
    expect(hostnames(await target.cluster.get(route))).toEqual(['podinfo.staging'])

    const infrastructure = { ...source, kind: 'ExternalArtifact', name: 'infrastructure' }
    const untouched = await target.cluster.get(infrastructure)
    edit(repository, 'apps/staging/podinfo-values.yaml', ['podinfo.staging', 'podinfo.changed'])
    engine.agent.notifySource(home, home)
    await untilObject(route, (object) => JSON.stringify(hostnames(object)) === '["podinfo.changed"]')
    const revisionOf = (object: KubeObject | undefined): unknown =>
      (object?.['status'] as { artifact?: { revision?: string } } | undefined)?.artifact?.revision
    expect(revisionOf(await target.cluster.get(infrastructure))).toBe(revisionOf(untouched))

    await target.cluster.delete(issuer)
    await untilObject(issuer, (object) => object !== undefined && object.metadata.deletionTimestamp === undefined)
    const before = await target.cluster.get({ ...releases, namespace: 'podinfo', name: 'podinfo' })
    await target.cluster.delete({ ...releases, namespace: 'podinfo', name: 'podinfo' })
    await untilObject(
      { ...releases, namespace: 'podinfo', name: 'podinfo' },
      (object) => object !== undefined && object.metadata.uid !== before?.metadata.uid,
    )
    await until(isReady(['HelmRelease/podinfo/podinfo']))

    await target.cluster.delete(root)
    for (const name of ['podinfo', 'cert-manager', 'envoy-gateway-system'])
      await untilObject(namespace(name), (object) => object === undefined)
    await until(() => engine.agent.summary().every(({ kind }) => kind === 'GitRepository'))
    const classes = await target.cluster.list({
      group: 'gateway.networking.k8s.io',
      version: 'v1',
      kind: 'GatewayClass',
    })
    expect(classes.items).toEqual([])
  },
  slow,
)

const releases = { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' }

test(
  'gitops-flux2-kustomize-helm-mt: releases into other namespaces, with values out of a generated ConfigMap',
  async () => {
    await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cluster-config' } }, manager)
    await follow('gitops-flux2-kustomize-helm-mt', './clusters/staging')
    await until(
      isReady([
        `Kustomization/${home}/apps`,
        `Kustomization/${home}/infrastructure`,
        'HelmRelease/cluster-config/nginx',
        'HelmRelease/cluster-config/podinfo',
        'HelmRelease/cluster-config/redis',
      ]),
    )
    const settings = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'redis', name: 'redis-settings' }
    expect((await target.cluster.get(settings))?.['data']).toEqual({ image: 'bitnamilegacy/redis' })
    const ingress = {
      group: 'networking.k8s.io',
      version: 'v1',
      kind: 'Ingress',
      namespace: 'podinfo',
      name: 'podinfo',
    }
    expect((await target.cluster.get(ingress))?.['spec']).toMatchObject({ rules: [{ host: 'podinfo.staging' }] })

    const repositoryRef = { ...source, kind: 'HelmRepository', namespace: 'cluster-config', name: 'bitnami' }
    const before = await target.cluster.get(repositoryRef)
    await target.cluster.delete(repositoryRef)
    await untilObject(repositoryRef, (object) => object !== undefined && object.metadata.uid !== before?.metadata.uid)

    await target.cluster.delete(root)
    for (const name of ['podinfo', 'redis', 'nginx'])
      await untilObject(namespace(name), (object) => object === undefined)
    await until(() => engine.agent.summary().every(({ kind }) => kind === 'GitRepository'))
    const left = await target.cluster.list(
      { group: '', version: 'v1', kind: 'Secret' },
      { namespace: 'cluster-config' },
    )
    expect(left.items.filter(({ metadata }) => metadata.name?.startsWith('sh.helm') === true)).toEqual([])
  },
  slow,
)

test(
  'aks-baseline: a tree of plain manifests',
  async () => {
    await follow('aks-baseline', './cluster-manifests')
    await until(isReady([`Kustomization/${home}/${home}`]))
    const policy = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' }
    const { items } = await target.cluster.list(policy, { namespace: 'a0008' })
    expect(items.length).toBeGreaterThan(0)
    for (const { metadata } of items)
      await target.cluster.delete({ ...policy, namespace: 'a0008', name: metadata.name ?? '' })
    for (const { metadata } of items)
      await untilObject(
        { ...policy, namespace: 'a0008', name: metadata.name ?? '' },
        (object) => object !== undefined && object.metadata.uid !== metadata.uid,
      )
    await target.cluster.delete(root)
    for (const name of ['a0008', 'cluster-baseline-settings'])
      await untilObject(namespace(name), (object) => object === undefined)
  },
  slow,
)
