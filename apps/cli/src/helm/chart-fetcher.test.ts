import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { templateHost } from '@kedge/cryptography'
import { TemplateSet, sprigFunctions } from '@kedge/gotemplate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createChartFetcher, type ChartFetcher } from './chart-fetcher.ts'

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void

const templates = new TemplateSet({ functions: sprigFunctions(templateHost()), missingKey: 'zero' })
templates.add('t', '{{ with genSelfSignedCert "127.0.0.1" (list "127.0.0.1") nil 1 }}{{ .Cert }}|{{ .Key }}{{ end }}')
const [cert = '', key = ''] = templates.execute('t', {}).split('|')

const chart = Buffer.from('a packed chart')
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const descriptor = (bytes: Uint8Array, mediaType: string) => ({ mediaType, digest: sha256(bytes), size: bytes.length })
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: manifestType,
  config: descriptor(Buffer.from('{}'), 'application/vnd.cncf.helm.config.v1+json'),
  layers: [descriptor(chart, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
})

let folder: string
const servers: Server[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kedge-fetcher-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

async function listen(handler: Handler, isSecure: boolean): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    response.setHeader('connection', 'close')
    handler(request, Buffer.concat(chunks).toString(), response)
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response)
  const server = isSecure ? createServer({ cert, key }, listener) : createPlainServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A registry of a cloud that wants a token for everything, and gives one to whom Entra knows, or to everybody. */
function registry(isOpen: boolean): Handler {
  return (request, body, response) => {
    const form = new URLSearchParams(body)
    const at = request.url ?? ''
    if (at === '/oauth2/exchange')
      return void response.end(JSON.stringify({ refresh_token: `of-${form.get('access_token') ?? ''}` }))
    if (at.startsWith('/oauth2/token')) {
      const isKnown = form.get('refresh_token') === 'of-machine' || (isOpen && request.method === 'GET')
      return void response.writeHead(isKnown ? 200 : 401).end('{"access_token":"good"}')
    }
    if (request.headers.authorization !== 'Bearer good') {
      const realm = `https://${request.headers.host ?? ''}/oauth2/token`
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end()
    }
    if (at.includes('/blobs/')) return void response.end(chart)
    response.writeHead(200, { 'content-type': manifestType }).end(manifest)
  }
}

function openFetcher(metadata: string): ChartFetcher {
  const cloud = { containerRegistryDNSSuffix: '127.0.0.1', resourceManagerEndpoint: 'https://arm.example' }
  const file = path.join(folder, 'cloud.json')
  writeFileSync(file, JSON.stringify(cloud))
  const env = { AZURE_ENVIRONMENT_FILEPATH: file, AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${metadata}` }
  const access = {
    credentials: undefined,
    passCredentials: false,
    plainHttp: false,
    repositoryConfig: path.join(folder, 'none.yaml'),
    registryConfigs: [],
    tls: { ca: cert },
  }
  return createChartFetcher(access, { cwd: folder, env })
}

const wanted = { version: '1.0.0', withProvenance: false }

test("a registry of Azure without a login is logged in to with the machine's identity", async () => {
  const asked: (string | undefined)[] = []
  const metadata = await listen((request, _body, response) => {
    asked.push(request.url)
    response.end('{"access_token":"machine","expires_in":"3600"}')
  }, false)
  const host = await listen(registry(false), true)
  await using fetcher = openFetcher(metadata)
  const fetched = await fetcher.byReference(`oci://${host}/web`, wanted)
  expect(Buffer.from(fetched.bytes)).toEqual(chart)
  expect(asked.at(-1)).toContain('resource=https%3A%2F%2Farm.example')
})

test('where there is no identity, nobody logs in', async () => {
  const host = await listen(registry(true), true)
  // Nothing listens on a port that was just given back.
  const gone = await listen(() => undefined, false)
  await new Promise((resolve) => servers.pop()?.close(resolve))
  await using fetcher = openFetcher(gone)
  expect(Buffer.from((await fetcher.byReference(`oci://${host}/web`, wanted)).bytes)).toEqual(chart)
})

test('what Entra or the registry refuses is said', async () => {
  const metadata = await listen(
    (_request, _body, response) => void response.writeHead(400).end('{"error":"bad"}'),
    false,
  )
  const host = await listen(registry(true), true)
  await using fetcher = openFetcher(metadata)
  await expect(fetcher.byReference(`oci://${host}/web`, wanted)).rejects.toThrow('answers 400 (bad)')
})
