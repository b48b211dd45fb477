import { beforeAll, describe, expect, test } from 'vitest'
import { createTestServer, type TestServer } from '../testing/test-server.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})

function configMap(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' }, ...more }
}

describe('[R7] errors are worded as the recorded server words them', () => {
  test.each([
    ['GET', `${configMaps}/nope`, {}, 404, 'configmaps "nope" not found', 'NotFound'],
    ['PUT', `${configMaps}/t1x`, { body: configMap('t1x') }, 404, 'configmaps "t1x" not found', 'NotFound'],
    [
      'GET',
      `${configMaps}?resourceVersionMatch=Exact`,
      {},
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      'Invalid',
    ],
    [
      'GET',
      `${configMaps}?watch=true&sendInitialEvents=true`,
      {},
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      'Invalid',
    ],
    [
      'GET',
      `${configMaps}?fieldSelector=data.a%3D1`,
      {},
      400,
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
      'BadRequest',
    ],
    [
      'GET',
      `${configMaps}?labelSelector=%3D%3Da`,
      {},
      400,
      "unable to parse requirement: found '==', expected: identifier",
      'BadRequest',
    ],
    [
      'GET',
      `${configMaps}?limit=2&continue=aW52YWxpZA`,
      {},
      400,
      "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
      'BadRequest',
    ],
    [
      'PUT',
      `${configMaps}/t1/status`,
      { body: configMap('t1') },
      404,
      'the server could not find the requested resource',
      'NotFound',
    ],
    [
      'POST',
      `${configMaps}/t1`,
      { body: configMap('t1') },
      405,
      'the server does not allow this method on the requested resource',
      'MethodNotAllowed',
    ],
    [
      'POST',
      configMaps,
      { body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } } },
      400,
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
      'BadRequest',
    ],
    [
      'POST',
      configMaps,
      { body: configMap('u', { data: { a: 1 } }) },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      'BadRequest',
    ],
    [
      'POST',
      `${configMaps}?fieldValidation=Strict`,
      { body: configMap('u', { dta: {} }) },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
      'BadRequest',
    ],
    [
      'POST',
      '/api/v1/namespaces/nope/configmaps',
      { body: configMap('t') },
      404,
      'namespaces "nope" not found',
      'NotFound',
    ],
    [
      'PATCH',
      `${configMaps}/x?fieldManager=`,
      { body: configMap('x'), contentType: 'application/apply-patch+yaml' },
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      'Invalid',
    ],
    [
      'PATCH',
      `${configMaps}/x?fieldManager=m`,
      { body: configMap('x', { metadata: { managedFields: [{}] } }), contentType: 'application/apply-patch+yaml' },
      400,
      'metadata.managedFields must be nil',
      'BadRequest',
    ],
    [
      'PATCH',
      `${configMaps}/x`,
      { body: {}, contentType: 'text/plain' },
      415,
      '415: Unsupported Media Type',
      'UnsupportedMediaType',
    ],
    [
      'GET',
      configMaps,
      { accept: 'application/cbor' },
      406,
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      'NotAcceptable',
    ],
  ])('%s %s %j', async (method, path, sent, code, message, reason) => {
    const answer = await server.send(method, path, sent)
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code })
    expect(answer.status).toBe(code)
  })

  test.each([
    [
      'a body that is no JSON',
      'POST',
      configMaps,
      { text: '{bad' },
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'b' looking for beginning of object key string ({bad)",
    ],
    [
      'no body',
      'POST',
      configMaps,
      {},
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    [
      'a new object with a resourceVersion',
      'POST',
      configMaps,
      { body: configMap('b', { metadata: { name: 'b', resourceVersion: '5' } }) },
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'another version',
      'POST',
      configMaps,
      { body: configMap('b', { apiVersion: 'v2' }) },
      400,
      'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'a dry run of another sort',
      'POST',
      `${configMaps}?dryRun=foo`,
      { body: configMap('b') },
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["foo"]: supported values: "All"',
    ],
    [
      'an apply of another kind',
      'PATCH',
      `${configMaps}/x?fieldManager=m`,
      { body: configMap('x', { kind: 'Secret' }), contentType: 'application/apply-patch+yaml' },
      400,
      'invalid object type: /v1, Kind=Secret',
    ],
    [
      'an apply without a name',
      'PATCH',
      `${configMaps}/x?fieldManager=m`,
      { body: configMap('x', { metadata: {} }), contentType: 'application/apply-patch+yaml' },
      400,
      'the name of the object (x based on URL) was undeterminable: name must be provided',
    ],
    [
      'a forced merge patch',
      'PATCH',
      `${configMaps}/x?force=true`,
      { body: {}, contentType: 'application/merge-patch+json' },
      422,
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ],
    [
      'another propagation',
      'DELETE',
      `${configMaps}/x?propagationPolicy=Foo`,
      {},
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'a form that is not made',
      'GET',
      configMaps,
      { accept: 'application/json;as=Foo;v=v1;g=meta.k8s.io' },
      406,
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'a selector with a gap',
      'GET',
      `${configMaps}?labelSelector=a,,b`,
      {},
      400,
      "found ',', expected: identifier after ','",
    ],
    [
      'a review of nothing',
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { body: { spec: {} } },
      422,
      '.authorization.k8s.io "" is invalid: spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'another version of a group',
      'GET',
      '/apis/apps/v2/namespaces/default/deployments',
      {},
      404,
      'the server could not find the requested resource',
    ],
  ])('[R7] %s', async (...[, method, path, sent, code, message]) => {
    const answer = await server.send(method, path, sent)
    expect([answer.status, answer.body['message']]).toEqual([code, message])
  })

  test('[R7] a patch after which the object is none', async () => {
    await server.send('POST', configMaps, { body: configMap('mistyped') })
    const contentType = 'application/strategic-merge-patch+json'
    const refused = await server.send('PATCH', `${configMaps}/mistyped?fieldValidation=Strict`, {
      body: { data2: { a: 'b' } },
      contentType,
    })
    expect(refused.body).toMatchObject({
      code: 422,
      message:
        ' "" is invalid: patch: Invalid value: "map[data2:map[a:b]]": strict decoding error: unknown field "data2"',
    })
  })

  test('an unknown path is no object', async () => {
    const answer = await server.send('GET', '/nothing/here')
    expect([answer.status, answer.text]).toEqual([404, '404 page not found\n'])
  })

  test('a name that is taken', async () => {
    await server.send('POST', configMaps, { body: configMap('dup') })
    const answer = await server.send('POST', configMaps, { body: configMap('dup') })
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "dup" already exists',
      reason: 'AlreadyExists',
      details: { name: 'dup', kind: 'configmaps' },
      code: 409,
    })
  })

  test('a name that is none', async () => {
    const answer = await server.send('POST', configMaps, { body: configMap('T_1') })
    const message = `Invalid value: "T_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
    expect(answer.body).toMatchObject({
      message: `ConfigMap "T_1" is invalid: metadata.name: ${message}`,
      details: {
        name: 'T_1',
        kind: 'ConfigMap',
        causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.name' }],
      },
    })
  })

  test('a list of the future', async () => {
    const answer = await server.send('GET', `${configMaps}?resourceVersion=99999999&resourceVersionMatch=NotOlderThan`)
    expect(answer.body).toMatchObject({
      reason: 'Timeout',
      message: `Timeout: Too large resource version: 99999999, current: ${server.parts.storage.revision}`,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    })
  })

  test('validation errors stand together', async () => {
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'bad' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'c' } }, spec: {} } },
    }
    const answer = await server.send('POST', '/apis/apps/v1/namespaces/default/deployments', { body })
    expect(answer.body['message']).toBe(
      'Deployment.apps "bad" is invalid: [spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`, spec.template.spec.containers: Required value]',
    )
  })

  test('a user who may not', async () => {
    const guarded = await createTestServer('rbac')
    const dev = { name: 'dev', groups: ['system:authenticated'], extra: {} }
    const list = await guarded.send('GET', configMaps, { user: dev })
    expect(list.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'configmaps is forbidden: User "dev" cannot list resource "configmaps" in API group "" in the namespace "default"',
      reason: 'Forbidden',
      details: { kind: 'configmaps' },
      code: 403,
    })
    const metrics = await guarded.send('GET', '/metrics', { user: dev })
    expect(metrics.body).toMatchObject({ message: 'forbidden: User "dev" cannot get path "/metrics"', details: {} })
  })
})

describe('writing', () => {
  test('a new object gets uid, times and its manager', async () => {
    const created = await server.send('POST', configMaps, { body: configMap('fresh') })
    expect(created.status).toBe(201)
    expect(created.body).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'fresh',
        namespace: 'default',
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        resourceVersion: String(server.parts.storage.revision),
        creationTimestamp: '2026-11-23T18:31:45Z',
        managedFields: [
          {
            manager: 'unknown',
            operation: 'Update',
            apiVersion: 'v1',
            time: '2026-11-23T18:31:45Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
          },
        ],
      },
      data: { a: '1' },
    })
  })

  test('[V2] a dry run tells everything and stores nothing', async () => {
    const before = server.parts.storage.revision
    const dry = await server.send('POST', `${configMaps}?dryRun=All`, { body: configMap('dry') })
    expect(dry.status).toBe(201)
    expect(dry.body['metadata']).toMatchObject({ name: 'dry', uid: expect.any(String) })
    expect(dry.body['metadata']).not.toHaveProperty('resourceVersion')
    expect(server.parts.storage.revision).toBe(before)
    expect((await server.send('GET', `${configMaps}/dry`)).status).toBe(404)
  })

  test('[V2] a generated name has five letters more', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } }
    const created = await server.send('POST', configMaps, { body })
    expect(created.body['metadata']).toMatchObject({
      name: expect.stringMatching(/^gen-[a-z0-9]{5}$/),
      generateName: 'gen-',
    })
  })

  test('[R6] an unknown field is dropped with a warning', async () => {
    const created = await server.send('POST', configMaps, { body: configMap('warned', { dta: { x: 'y' } }) })
    expect([created.status, created.warnings]).toEqual([201, ['unknown field "dta"']])
    expect(created.body).not.toHaveProperty('dta')
  })

  test('[R6] a field given twice is a strict decoding error', async () => {
    const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}'
    const refused = await server.send('POST', `${configMaps}?fieldValidation=Strict`, { text })
    expect(refused.body['message']).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
    )
  })

  test('[S1] an update that changes nothing keeps the resourceVersion', async () => {
    const created = await server.send('POST', configMaps, { body: configMap('same') })
    const again = await server.send('PUT', `${configMaps}/same`, { body: created.body })
    expect(again.body).toEqual(created.body)
  })

  test('[V3] an update of an old state is refused, one without a resourceVersion is not', async () => {
    const created = await server.send('POST', configMaps, { body: configMap('raced') })
    await server.send('PUT', `${configMaps}/raced`, { body: configMap('raced', { data: { a: '2' } }) })
    const stale = await server.send('PUT', `${configMaps}/raced`, { body: created.body })
    expect(stale.body).toMatchObject({
      message:
        'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'raced', kind: 'configmaps' },
      code: 409,
    })
    const free = await server.send('PUT', `${configMaps}/raced`, { body: configMap('raced', { data: { a: '3' } }) })
    expect(free.body['data']).toEqual({ a: '3' })
  })

  test('[V6] a failed test of a JSON patch', async () => {
    await server.send('POST', configMaps, { body: configMap('patched') })
    const refused = await server.send('PATCH', `${configMaps}/patched`, {
      body: [{ op: 'test', path: '/data/a', value: '9' }],
      contentType: 'application/json-patch+json',
    })
    expect(refused.body).toMatchObject({
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    })
  })

  test('[V6] server-side apply of an absent object creates it, a foreign field conflicts', async () => {
    const apply = (manager: string, value: string) =>
      server.send('PATCH', `${configMaps}/ssa?fieldManager=${manager}`, {
        body: configMap('ssa', { data: { a: value } }),
        contentType: 'application/apply-patch+yaml',
      })
    expect((await apply('m1', '1')).status).toBe(201)
    const revision = server.parts.storage.revision
    expect((await apply('m1', '1')).status).toBe(200)
    expect(server.parts.storage.revision).toBe(revision)
    expect((await apply('m2', '2')).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 1 conflict: conflict with "m1": .data.a',
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.a' }] },
      code: 409,
    })
  })
})

test('[V4] the generation rises with the spec and with the deletion, and with nothing else', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  await server.send('POST', path, { body: { metadata: { name: 'counted', finalizers: ['x.io/a'] }, spec } })
  const patch = async (part: string, body: object): Promise<unknown> => {
    const contentType = 'application/merge-patch+json'
    const answer = await server.send('PATCH', `${path}/counted${part}`, { body, contentType })
    return (answer.body['metadata'] as { generation: number }).generation
  }
  expect(await patch('', { metadata: { labels: { x: 'y' } } })).toBe(1)
  expect(await patch('/status', { status: { replicas: 1 } })).toBe(1)
  expect(await patch('', { spec: { replicas: 2 } })).toBe(2)
  const deleted = await server.send('DELETE', `${path}/counted`)
  expect(deleted.body['metadata']).toMatchObject({ generation: 3 })
})

describe('deleting', () => {
  test('[D1] what nothing holds is gone with a Status', async () => {
    const created = await server.send('POST', configMaps, { body: configMap('gone') })
    const { uid } = created.body['metadata'] as { uid: string }
    const answer = await server.send('DELETE', `${configMaps}/gone`)
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'gone', kind: 'configmaps', uid },
    })
    expect((await server.send('GET', `${configMaps}/gone`)).status).toBe(404)
  })

  test('[D2] foreground deletion waits for the collector', async () => {
    await server.send('POST', configMaps, { body: configMap('fore') })
    const answer = await server.send('DELETE', `${configMaps}/fore`, { body: { propagationPolicy: 'Foreground' } })
    expect(answer.body['metadata']).toMatchObject({
      deletionTimestamp: '2026-11-23T18:31:45Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['foregroundDeletion'],
    })
    const freed = await server.send('PATCH', `${configMaps}/fore`, {
      body: { metadata: { finalizers: null } },
      contentType: 'application/merge-patch+json',
    })
    expect(freed.status).toBe(200)
    expect((await server.send('GET', `${configMaps}/fore`)).status).toBe(404)
  })

  test('[D4] an object on its way out takes no new finalizer, and goes with the last one', async () => {
    const finalizers = ['x.io/a']
    await server.send('POST', configMaps, { body: configMap('held', { metadata: { name: 'held', finalizers } }) })
    const held = await server.send('DELETE', `${configMaps}/held`)
    expect(held.body['metadata']).toMatchObject({ finalizers, deletionTimestamp: '2026-11-23T18:31:45Z' })
    const patch = (next: readonly string[]) =>
      server.send('PATCH', `${configMaps}/held`, {
        body: { metadata: { finalizers: next } },
        contentType: 'application/merge-patch+json',
      })
    expect((await patch(['x.io/a', 'x.io/b'])).body['message']).toBe(
      'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/b"}',
    )
    expect((await patch([])).status).toBe(200)
    expect((await server.send('GET', `${configMaps}/held`)).status).toBe(404)
  })

  test('[D3] another uid or resourceVersion is not deleted', async () => {
    await server.send('POST', configMaps, { body: configMap('kept') })
    const byUid = await server.send('DELETE', `${configMaps}/kept`, { body: { preconditions: { uid: 'other' } } })
    expect(byUid.status).toBe(409)
    const body = { preconditions: { resourceVersion: '1' } }
    expect((await server.send('DELETE', `${configMaps}/kept`, { body })).status).toBe(409)
    expect((await server.send('GET', `${configMaps}/kept`)).status).toBe(200)
  })

  test('a collection is answered with what was in it', async () => {
    const labels = { batch: 'x' }
    for (const name of ['c1', 'c2'])
      await server.send('POST', configMaps, { body: configMap(name, { metadata: { name, labels } }) })
    const answer = await server.send('DELETE', `${configMaps}?labelSelector=batch%3Dx`)
    expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' })
    expect((answer.body['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name)).toEqual([
      'c1',
      'c2',
    ])
    expect((await server.send('GET', `${configMaps}?labelSelector=batch%3Dx`)).body['items']).toEqual([])
  })

  test('[V7] no new object in a namespace that is going away', async () => {
    await server.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'term' } } })
    await server.send('DELETE', '/api/v1/namespaces/term')
    const refused = await server.send('POST', '/api/v1/namespaces/term/configmaps', { body: configMap('x') })
    expect(refused.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'configmaps "x" is forbidden: unable to create new content in namespace term because it is being terminated',
      reason: 'Forbidden',
      details: {
        name: 'x',
        kind: 'configmaps',
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace term is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
      code: 403,
    })
  })
})
