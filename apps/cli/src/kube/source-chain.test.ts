import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'
import type { ServedResource } from './discovery.ts'
import type { Kube } from './kube.ts'
import { sourcesOf } from './source-chain.ts'

const kinds = [
  'GitRepository',
  'HelmRepository',
  'HelmChart',
  'HelmRelease',
  'Kustomization',
  'ExternalArtifact',
  'ArtifactGenerator',
]
const served = kinds.map((kind): ServedResource => ({
  group: 'x.toolkit.fluxcd.io',
  version: 'v1',
  kind,
  resource: `${kind.toLowerCase()}s`,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
}))

function kubeWith(objects: readonly KubeObject[]): Pick<Kube, 'get' | 'served'> {
  const get: Kube['get'] = (resource, { namespace, name }) => {
    const found = objects.find(
      (one) => one.kind === resource.kind && one.metadata.name === name && one.metadata.namespace === namespace,
    )
    return found === undefined ? Promise.reject(new Error(`no ${resource.kind} ${name}`)) : Promise.resolve(found)
  }
  return { get, served: () => Promise.resolve(served) }
}

const object = (kind: string, name: string, spec: object = {}, status?: object): KubeObject => ({
  apiVersion: 'x.toolkit.fluxcd.io/v1',
  kind,
  metadata: { name, namespace: 'ns' },
  spec,
  ...(status === undefined ? {} : { status }),
})

async function chainOf(kind: string, name: string, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const resource = served.find((one) => one.kind === kind)!
  const chain = await sourcesOf(kubeWith(objects), { resource, namespace: 'ns', name })
  return chain.map((one) => `${one.resource.kind}/${one.namespace}/${one.name}`)
}

const from = (kind: string, name = 'src') => ({ sourceRef: { kind, name } })
const release = object('HelmRelease', 'hr', { chart: { spec: from('HelmRepository') } }, { helmChart: 'ns/ns-hr' })

test('the source of a Kustomization is the one that it names', async () => {
  const objects = [object('Kustomization', 'ks', from('GitRepository')), object('GitRepository', 'src')]
  expect(await chainOf('Kustomization', 'ks', objects)).toEqual(['GitRepository/ns/src'])
})

test('a HelmRelease has its repository fetched first, then its chart', async () => {
  const chart = object('HelmChart', 'ns-hr', from('HelmRepository'))
  const objects = [release, chart, object('HelmRepository', 'src')]
  expect(await chainOf('HelmRelease', 'hr', objects)).toEqual(['HelmRepository/ns/src', 'HelmChart/ns/ns-hr'])
  const early = { ...release, status: {} }
  expect(await chainOf('HelmRelease', 'hr', [early, ...objects.slice(1)])).toEqual(['HelmRepository/ns/src'])
})

test('a registry and an ExternalArtifact are passed over: nothing would answer', async () => {
  const chart = object('HelmChart', 'ns-hr', from('HelmRepository'))
  const objects = [release, chart, object('HelmRepository', 'src', { type: 'oci' })]
  expect(await chainOf('HelmRelease', 'hr', objects)).toEqual(['HelmChart/ns/ns-hr'])
  const made = [
    object('HelmRelease', 'hr', { chartRef: { kind: 'ExternalArtifact', name: 'made' } }),
    object('ExternalArtifact', 'made', from('GitRepository')),
  ]
  expect(await chainOf('HelmRelease', 'hr', made)).toEqual([])
})

test('an artifact that is made has its sources and its maker before it', async () => {
  const objects = [
    object('Kustomization', 'apps', { sourceRef: { kind: 'ExternalArtifact', name: 'made' } }),
    object('ExternalArtifact', 'made', { sourceRef: { kind: 'ArtifactGenerator', name: 'maker', namespace: 'ns' } }),
    object('ArtifactGenerator', 'maker', { sources: [{ alias: 'a', kind: 'GitRepository', name: 'src' }] }),
    object('GitRepository', 'src'),
  ]
  expect(await chainOf('Kustomization', 'apps', objects)).toEqual([
    'GitRepository/ns/src',
    'ArtifactGenerator/ns/maker',
  ])
})

test('an object without a source says so', async () => {
  await expect(chainOf('GitRepository', 'src', [object('GitRepository', 'src')])).rejects.toThrow(
    'has no spec.sourceRef',
  )
})
