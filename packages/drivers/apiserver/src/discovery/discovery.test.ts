import { beforeAll, expect, test } from 'vitest'
import { builtInDiscovery } from '../schema/load.ts'
import { createTestServer, type TestServer } from '../testing/test-server.ts'
import { compareVersions } from './definitions.ts'

let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

test.each([['/api', 'core'] as const, ['/apis', 'groups'] as const])(
  'aggregated discovery of %s lists what the recorded server serves, in its order',
  async (path, name) => {
    const { body } = await server.send('GET', path, { accept: aggregated })
    expect(body).toEqual(builtInDiscovery()[name])
  },
)

test('older clients are answered in v2beta1 or with the plain lists', async () => {
  const accept = aggregated.replace('v=v2', 'v=v2beta1')
  expect((await server.send('GET', '/apis', { accept })).body['apiVersion']).toBe('apidiscovery.k8s.io/v2beta1')
  expect((await server.send('GET', '/apis')).body['kind']).toBe('APIGroupList')
  expect((await server.send('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
  const { body } = await server.send('GET', '/apis/apps/v1')
  expect(body).toMatchObject({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'apps/v1' })
  expect(body['resources']).toContainEqual({
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
  })
})

test('the OpenAPI document says which kind a path is and how it is patched', async () => {
  const { body } = await server.send('GET', '/openapi/v3/apis/apps/v1')
  const paths = body['paths'] as Record<string, Record<string, Record<string, unknown>>>
  const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.['patch']
  expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' })
  expect((patch!['parameters'] as { name: string }[]).map(({ name }) => name)).toEqual([
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
  ])
  expect(body['components']).toHaveProperty(['schemas', 'io.k8s.api.apps.v1.Deployment'])
})

test('the Swagger document has the definitions that kubectl checks the items of a List with', async () => {
  const { body } = await server.send('GET', '/openapi/v2')
  const definitions = body['definitions'] as Record<string, { properties: Record<string, unknown> }>
  expect(definitions['io.k8s.api.core.v1.ServicePort']!.properties['targetPort']).toEqual({
    $ref: '#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  })
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  const { text } = await server.send('GET', '/openapi/v2', { accept })
  // Field 1, the version of Swagger.
  expect(text.slice(0, 5)).toBe('\n\x032.0')
  expect(text).toContain('io.k8s.api.core.v1.ServicePort')
})

test('the hash of a document changes with its custom kinds and with nothing else', async () => {
  const index = async (): Promise<Record<string, { serverRelativeURL: string }>> =>
    (await server.send('GET', '/openapi/v3')).body['paths'] as Record<string, { serverRelativeURL: string }>
  const before = await index()
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object' } } }
  const definition = (versions: readonly string[]) => ({
    metadata: { name: 'widgets.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Cluster',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: versions.map((name) => ({ name, served: true, storage: name === 'v1', schema: { openAPIV3Schema } })),
    },
  })
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await server.send('POST', path, { body: definition(['v1']) })
  const created = await index()
  await server.send('PUT', `${path}/widgets.x.io`, { body: definition(['v1', 'v2']) })
  const changed = await index()
  expect(created['apis/apps/v1']).toEqual(before['apis/apps/v1'])
  expect(before['apis/x.io/v1']).toBeUndefined()
  expect(created['apis/x.io/v1']).not.toEqual(changed['apis/x.io/v1'])
  const url = changed['apis/x.io/v2']?.serverRelativeURL ?? ''
  expect((await server.send('GET', url)).body['components']).toHaveProperty(['schemas', 'io.x.v2.Widget'])
})

test('versions are preferred as Kubernetes does', () => {
  const versions = ['v1beta1', 'foo10', 'v2', 'v11alpha2', 'v1', 'v10', 'foo1', 'v3beta1', 'v12alpha1', 'v11beta2']
  expect(versions.toSorted(compareVersions)).toEqual([
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v3beta1',
    'v1beta1',
    'v12alpha1',
    'v11alpha2',
    'foo1',
    'foo10',
  ])
})
