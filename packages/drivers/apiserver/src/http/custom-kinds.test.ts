import { beforeEach, describe, expect, test } from 'vitest'
import { createTestServer, type Received, type TestServer } from '../testing/test-server.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const widgets = '/apis/x.io/v1/namespaces/default/widgets'
let server: TestServer

beforeEach(async () => {
  server = await createTestServer()
})

function version(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name,
    served: true,
    storage: name === 'v1',
    subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: { size: { type: 'integer', default: 3 }, color: { type: 'string' } } },
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
    ...more,
  }
}

function definition(versions: readonly unknown[] = [version('v1')]): Record<string, unknown> {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions,
    },
  }
}

const widget = { apiVersion: 'x.io/v1', kind: 'Widget', metadata: { name: 'a' }, spec: {} }

function patch(path: string, body: unknown): Promise<Received> {
  return server.send('PATCH', path, { body, contentType: 'application/merge-patch+json' })
}

test('[C1] a definition is established, and its kind served, when its answer is there', async () => {
  const created = await server.send('POST', definitions, { body: definition() })
  expect(created.body['status']).toMatchObject({
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', lastTransitionTime: '2026-11-23T18:31:45Z' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ],
    acceptedNames: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wd'],
    },
    storedVersions: ['v1'],
  })
  expect((await server.send('POST', widgets, { body: widget })).body['spec']).toEqual({ size: 3 })
})

test('[C1] a definition whose names are taken is not established', async () => {
  await server.send('POST', definitions, { body: definition() })
  const other = definition()
  other['metadata'] = { name: 'gadgets.x.io' }
  other['spec'] = { ...(other['spec'] as object), names: { plural: 'gadgets', kind: 'Widget' } }
  const created = await server.send('POST', definitions, { body: other })
  expect(created.body['status']).toMatchObject({
    conditions: [
      { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"WidgetList" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted' },
    ],
  })
  expect((await server.send('GET', '/apis/x.io/v1/namespaces/default/gadgets')).status).toBe(404)
})

describe('objects of a custom kind', () => {
  beforeEach(async () => {
    await server.send('POST', definitions, { body: definition() })
    await server.send('POST', widgets, { body: widget })
  })

  test('[V5] status is written by its subresource alone, and counts no generation', async () => {
    const main = await patch(`${widgets}/a`, { status: { x: 1 }, spec: { size: 5 } })
    expect(main.body).toMatchObject({ metadata: { generation: 2 }, spec: { size: 5 } })
    expect(main.body).not.toHaveProperty('status')
    const status = await patch(`${widgets}/a/status`, { status: { x: 1 }, spec: { size: 9 } })
    expect(status.body).toMatchObject({ metadata: { generation: 2 }, spec: { size: 5 }, status: { x: 1 } })
  })

  test('[V6] a strategic merge patch is refused', async () => {
    const contentType = 'application/strategic-merge-patch+json'
    const refused = await server.send('PATCH', `${widgets}/a`, { body: {}, contentType })
    expect(refused.body).toMatchObject({
      code: 415,
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    })
  })

  test('[C3] printer columns make the table', async () => {
    await patch(`${widgets}/a/status`, {
      status: {
        conditions: [
          { type: 'Other', status: 'False' },
          { type: 'Ready', status: 'True' },
        ],
      },
    })
    server.time.advance(61_000)
    const { body } = await server.send('GET', widgets, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect(body['columnDefinitions']).toMatchObject([
      { name: 'Name', format: 'name' },
      {
        name: 'Size',
        type: 'integer',
        description: 'Custom resource definition column (in JSONPath format): .spec.size',
      },
      { name: 'Ready', type: 'string' },
      { name: 'Since', type: 'date', priority: 1 },
    ])
    expect(body['rows']).toMatchObject([{ cells: ['a', 3, 'True', '61s'] }])
  })

  test('[C3] selectable fields select, others are refused', async () => {
    await server.send('POST', widgets, { body: { ...widget, metadata: { name: 'b' }, spec: { color: 'red' } } })
    const { body } = await server.send('GET', `${widgets}?fieldSelector=spec.color%3Dred`)
    expect(body['items']).toMatchObject([{ kind: 'Widget', metadata: { name: 'b' } }])
    const refused = await server.send('GET', `${widgets}?fieldSelector=spec.size%3D3`)
    expect(refused.body['message']).toBe('field label not supported: spec.size')
  })

  test('the scale is where the definition says', async () => {
    const scaled = await server.send('PATCH', `${widgets}/a/scale`, {
      body: { spec: { replicas: 8 } },
      contentType: 'application/merge-patch+json',
    })
    expect(scaled.body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 8 },
      status: { replicas: 0 },
    })
    expect((await server.send('GET', `${widgets}/a`)).body).toMatchObject({
      spec: { size: 8 },
      metadata: { generation: 2 },
    })
  })

  test('[C2] a new version shows the same objects, with the defaults that it has', async () => {
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            properties: { size: { type: 'integer' }, shape: { type: 'string', default: 'round' } },
          },
        },
      },
    }
    const wider = definition([version('v1'), version('v2', { schema })])
    expect((await server.send('PUT', `${definitions}/widgets.x.io`, { body: wider })).status).toBe(200)
    const shown = await server.send('GET', '/apis/x.io/v2/namespaces/default/widgets/a')
    expect(shown.body).toMatchObject({ apiVersion: 'x.io/v2', spec: { size: 3, shape: 'round' } })
    expect((await server.send('GET', '/apis/x.io')).body).toMatchObject({ preferredVersion: { version: 'v2' } })
  })

  test('[D5] a deleted definition takes its objects along', async () => {
    const { items } = await server.watch(`${widgets}?watch=true`)
    await server.send('DELETE', `${definitions}/widgets.x.io`)
    expect(items.map((item) => item.type)).toEqual(['ADDED', 'DELETED'])
    expect((await server.send('GET', `${definitions}/widgets.x.io`)).status).toBe(404)
    expect((await server.send('GET', widgets)).status).toBe(404)
  })

  test('[D5] an object with a finalizer holds the definition', async () => {
    await patch(`${widgets}/a`, { metadata: { finalizers: ['x.io/hold'] } })
    await server.send('DELETE', `${definitions}/widgets.x.io`)
    const held = await server.send('GET', `${definitions}/widgets.x.io`)
    expect(held.body['metadata']).toMatchObject({ deletionTimestamp: '2026-11-23T18:31:45Z' })
    expect((await patch(`${widgets}/a`, { metadata: { finalizers: null } })).status).toBe(200)
    expect((await server.send('GET', `${definitions}/widgets.x.io`)).status).toBe(404)
  })
})
