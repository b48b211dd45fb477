import { beforeEach, describe, expect, test } from 'vitest'
import { createTestServer, type TestServer } from '../testing/test-server.ts'

const base = '/api/v1/namespaces/default'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
let server: TestServer

beforeEach(async () => {
  server = await createTestServer()
  await server.send('POST', `${base}/serviceaccounts`, { body: { metadata: { name: 'default' } } })
})

const podSpec = { containers: [{ name: 'c', image: 'x' }] }

async function makePod(name: string): Promise<void> {
  const made = await server.send('POST', `${base}/pods`, {
    body: { metadata: { name, labels: { app: 'web' } }, spec: podSpec },
  })
  expect(made.status).toBe(201)
}

test('a Scale is read, replaced and patched, and its writer owns the replicas', async () => {
  const spec = {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: podSpec },
  }
  await server.send('POST', deployments, { body: { metadata: { name: 'web' }, spec } })
  const scale = await server.send('GET', `${deployments}/web/scale`)
  expect(scale.body).toEqual({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: expect.any(String),
      resourceVersion: expect.any(String),
      creationTimestamp: '2026-11-23T18:31:45Z',
    },
    spec: { replicas: 1 },
    status: { replicas: 0, selector: 'app=web' },
  })
  const body = { ...scale.body, spec: { replicas: 4 } }
  expect((await server.send('PUT', `${deployments}/web/scale`, { body })).body).toMatchObject({ spec: { replicas: 4 } })
  const stale = await server.send('PUT', `${deployments}/web/scale`, { body })
  expect(stale.status).toBe(409)
  const negative = { spec: { replicas: -1 } }
  const contentType = 'application/merge-patch+json'
  expect((await server.send('PATCH', `${deployments}/web/scale`, { body: negative, contentType })).status).toBe(422)
  const { managedFields } = (await server.send('GET', `${deployments}/web`)).body['metadata'] as {
    managedFields: object[]
  }
  expect(managedFields).toContainEqual(
    expect.objectContaining({ subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
  )
})

describe('pods', () => {
  test('a binding gives a pod to a node, once', async () => {
    await makePod('p')
    const body = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } }
    expect((await server.send('POST', `${base}/pods/p/binding`, { body })).status).toBe(201)
    const pod = await server.send('GET', `${base}/pods/p`)
    expect(pod.body).toMatchObject({
      spec: { nodeName: 'n1' },
      status: { conditions: [expect.objectContaining({ type: 'PodScheduled', status: 'True' })] },
    })
    const again = await server.send('POST', `${base}/pods/p/binding`, { body })
    expect(again.body['message']).toBe(
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    )
  })

  test('[D1] a pod that runs is given its grace period, one that does not goes at once', async () => {
    await makePod('running')
    await makePod('waiting')
    await server.send('POST', `${base}/pods/running/binding`, {
      body: { metadata: { name: 'running' }, target: { name: 'n1' } },
    })
    const answer = await server.send('DELETE', `${base}/pods/running`)
    expect(answer.body['metadata']).toMatchObject({
      deletionTimestamp: '2026-11-23T18:32:15Z',
      deletionGracePeriodSeconds: 30,
    })
    const waiting = await server.send('DELETE', `${base}/pods/waiting`)
    expect(waiting.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0 } })
    expect((await server.send('GET', `${base}/pods/waiting`)).status).toBe(404)
    const forced = await server.send('DELETE', `${base}/pods/running`, { body: { gracePeriodSeconds: 0 } })
    expect(forced.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0 } })
    expect((await server.send('GET', `${base}/pods/running`)).status).toBe(404)
  })

  test('an eviction needs the consent of the disruption budget', async () => {
    await makePod('p')
    const merge = { contentType: 'application/merge-patch+json' }
    await server.send('PATCH', `${base}/pods/p/status`, { body: { status: { phase: 'Running' } }, ...merge })
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    await server.send('POST', budgets, {
      body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
    })
    const status = (disruptionsAllowed: number) =>
      server.send('PATCH', `${budgets}/b/status`, {
        body: { status: { disruptionsAllowed, desiredHealthy: 1, currentHealthy: 1, expectedPods: 1 } },
        ...merge,
      })
    await status(0)
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }
    const refused = await server.send('POST', `${base}/pods/p/eviction`, { body })
    expect(refused.body).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget b needs 1 healthy pods and has 1 currently',
          },
        ],
      },
    })
    await status(1)
    expect((await server.send('POST', `${base}/pods/p/eviction`, { body })).status).toBe(201)
    expect((await server.send('GET', `${base}/pods/p`)).status).toBe(404)
    expect((await server.send('GET', `${budgets}/b`)).body['status']).toMatchObject({ disruptionsAllowed: 0 })
  })

  test('what needs a running program is not implemented, and the log says so', async () => {
    await makePod('p')
    expect((await server.send('POST', `${base}/pods/p/exec`)).status).toBe(501)
    expect((await server.send('GET', `${base}/pods/p/log`)).text).toMatch(/simulated/)
    expect((await server.send('GET', `${base}/pods/p/log?container=z`)).status).toBe(400)
  })
})

test('a namespace stays until its finalizer is taken off through finalize', async () => {
  await server.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
  const deleted = await server.send('DELETE', '/api/v1/namespaces/n')
  expect(deleted.body).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } })
  await server.send('PUT', '/api/v1/namespaces/n/finalize', { body: { ...deleted.body, spec: {} } })
  expect((await server.send('GET', '/api/v1/namespaces/n')).status).toBe(404)
})

describe('tokens', () => {
  test('a TokenRequest is answered with claims of the account, a TokenReview reads them back', async () => {
    const issued = await server.send('POST', `${base}/serviceaccounts/default/token`, {
      body: { spec: { audiences: ['here'], expirationSeconds: 700 } },
    })
    const { token, expirationTimestamp } = issued.body['status'] as { token: string; expirationTimestamp: string }
    expect([issued.status, expirationTimestamp]).toEqual([201, '2026-11-23T18:43:25Z'])
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({
      aud: ['here'],
      iss: 'https://kubernetes.default.svc',
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'default' } },
    })
    const review = (audiences: readonly string[]) =>
      server.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token, audiences } } })
    expect((await review(['here'])).body['status']).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:default' },
      audiences: ['here'],
    })
    expect((await review(['there'])).body['status']).toMatchObject({ error: expect.any(String) })
    server.time.advance(700_000)
    expect((await review(['here'])).body['status']).not.toHaveProperty('authenticated')
  })

  test('the key that signs them is published', async () => {
    expect((await server.send('GET', '/openid/v1/jwks')).body).toMatchObject({
      keys: [{ kty: 'EC', alg: 'ES256', use: 'sig' }],
    })
    expect((await server.send('GET', '/.well-known/openid-configuration')).body).toMatchObject({
      issuer: 'https://kubernetes.default.svc',
    })
  })
})

test('events are shown in both their groups', async () => {
  const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' }
  await server.send('POST', `${base}/events`, {
    body: { metadata: { name: 'e' }, involvedObject, reason: 'R', message: 'm', type: 'Normal' },
  })
  const shown = await server.send('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e')
  expect(shown.body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: 'm',
    reason: 'R',
  })
})
