/** Sources in a registry of Azure: from the ServiceAccount, over Entra, to the artifact. */
import { createAzureIdentity, sha256Digest, type HttpPort, type HttpRequest } from '@kedge/registry'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { packChart } from './testing/pack-chart.ts'
import { createWorld, home, hostTimers, readyOf, type RunningAgent, type World } from './testing/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(async () => world[Symbol.asyncDispose]())

const { bytes: layer } = packChart({ 'web/Chart.yaml': 'name: web\n' })
const descriptor = (bytes: Uint8Array, mediaType: string) => ({
  mediaType,
  digest: sha256Digest(bytes),
  size: bytes.length,
})
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(Buffer.from('{}'), 'application/vnd.cncf.flux.config.v1+json'),
    layers: [descriptor(layer, 'application/vnd.cncf.flux.content.v1.tar+gzip')],
  }),
)

/** What was asked of Entra and of the registry's own tokens: the path and the form. */
type Posted = readonly [string, URLSearchParams]

interface Answer {
  readonly status: number
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Entra and a registry of Azure, which gives its content to whom Entra knows. */
function azure(posted: Posted[] = []): HttpPort {
  return {
    request: (request) => {
      const { status, body, headers = {} } = answerTo(request, posted)
      const sent = (async function* () {
        yield Buffer.from(body)
      })()
      return Promise.resolve({ status, header: (name) => headers[name], body: sent, drop: () => Promise.resolve() })
    },
  }
}

function answerTo({ url, body, headers }: HttpRequest, posted: Posted[]): Answer {
  const form = new URLSearchParams(body === undefined ? '' : Buffer.from(body).toString())
  if (body !== undefined) posted.push([`${url.host}${url.pathname}`, form])
  const ok = (value: object): Answer => ({ status: 200, body: JSON.stringify(value) })
  if (url.host === 'login.example') return ok({ access_token: 'entra', expires_in: 3600 })
  if (url.pathname === '/oauth2/exchange') return ok({ refresh_token: `refresh-${form.get('access_token') ?? ''}` })
  if (url.pathname === '/oauth2/token') return ok({ access_token: `access-${form.get('refresh_token') ?? ''}` })
  if (headers['authorization'] !== 'Bearer access-refresh-entra') {
    const challenge = `Bearer realm="https://${url.host}/oauth2/token",service="${url.host}"`
    return { status: 401, body: '', headers: { 'www-authenticate': challenge } }
  }
  if (url.pathname.includes('/blobs/')) return { status: 200, body: layer }
  return {
    status: 200,
    body: manifest,
    headers: { 'content-type': manifestType, 'docker-content-digest': sha256Digest(manifest) },
  }
}

const env = { AZURE_AUTHORITY_HOST: 'https://login.example/' }

function startAgent(http: HttpPort, isObjectLevel: boolean): Promise<RunningAgent> {
  const ports = { clock: { now: () => Date.now() }, timers: hostTimers }
  return world.startAgent({
    http,
    azure: createAzureIdentity({ ...ports, env, http, metadata: http }),
    settings: { objectLevelWorkloadIdentity: isObjectLevel },
  })
}

const source = { group: 'source.toolkit.fluxcd.io', kind: 'OCIRepository', namespace: home, name: 'app' }

async function applySource(): Promise<void> {
  const manager = { fieldManager: 'test', force: true }
  const annotations = {
    'azure.workload.identity/client-id': 'the-client',
    'azure.workload.identity/tenant-id': 'the-tenant',
  }
  const account = { kind: 'ServiceAccount', metadata: { name: 'puller', namespace: home, annotations } }
  await world.cluster.apply({ apiVersion: 'v1', ...account }, manager)
  const spec = { url: 'oci://team.azurecr.io/app', interval: '1h', provider: 'azure', serviceAccountName: 'puller' }
  const metadata = { name: source.name, namespace: home }
  await world.cluster.apply({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: source.kind, metadata, spec }, manager)
}

test('[S15] a source is pulled as the identity of its ServiceAccount, by a token that the cluster issued for Azure', async () => {
  const posted: Posted[] = []
  await using _running = await startAgent(azure(posted), true)
  await applySource()
  const ready = readyOf(await world.until(source, (object) => readyOf(object)?.status === 'True'))
  expect(ready?.message).toBe(`stored artifact for digest 'latest@${sha256Digest(manifest)}'`)
  const [[place, form] = ['', new URLSearchParams()]] = posted
  const [, claims = ''] = (form.get('client_assertion') ?? '').split('.')
  expect([place, form.get('client_id'), JSON.parse(Buffer.from(claims, 'base64url').toString())]).toEqual([
    'login.example/the-tenant/oauth2/v2.0/token',
    'the-client',
    expect.objectContaining({
      aud: ['api://AzureADTokenExchange'],
      sub: `system:serviceaccount:${home}:puller`,
    }),
  ])
  expect(JSON.stringify(world.log)).not.toMatch(/entra|refresh/)
})

test('[S15] where identities of objects are off, a source that names one stalls and asks nobody', async () => {
  const posted: Posted[] = []
  await using _running = await startAgent(azure(posted), false)
  await applySource()
  const ready = readyOf(await world.until(source, (object) => readyOf(object)?.status === 'False'))
  expect([ready?.reason, posted]).toEqual(['FeatureGateDisabled', []])
})
