import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { sha256Digest } from '../http/digest.ts'
import { downloadFile, type DownloadOptions } from '../http/download-file.ts'
import type { HttpRequest } from '../http/http-port.ts'
import { loopbackHttp, startServer, type Reply, type Seen, type TestServer } from '../testing/loopback.ts'
import { createChartRepository, type RepositoryOptions } from './chart-repository.ts'

const servers: TestServer[] = []
const start = async (answer: (seen: Seen) => Reply): Promise<TestServer> => {
  const server = await startServer(answer)
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const signal = AbortSignal.timeout(60_000)
const packed = Buffer.from('a packed chart')
const indexOf = (url: string, digest = sha256Digest(packed).slice(7)) =>
  `apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    digest: ${digest}\n    urls: [${url}]\n`
const credentials = { kind: 'basic', username: 'me', password: 'secret' } as const
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`
const open = (url: string, more: Partial<RepositoryOptions> = {}) =>
  createChartRepository({ url, http: loopbackHttp, allowPlainHttp: true, credentials, ...more })
const pull = async (url: string, more: Partial<RepositoryOptions> = {}) => {
  const repository = open(url, more)
  return repository.chart((await repository.index(signal)).choose('web', '1.0.0')!, signal)
}

test('[R5] index and chart are fetched with the credentials, and the digest is checked', async () => {
  const server = await start(({ path }) => ({ body: path.includes('index.yaml') ? indexOf('web-1.0.0.tgz') : packed }))
  const chart = await pull(`${server.origin}/charts?token=x`)
  expect([Buffer.from(chart.bytes), chart.digest]).toEqual([packed, sha256Digest(packed)])
  expect(server.seen.map(({ path, authorization }) => [path, authorization])).toEqual([
    ['/charts/index.yaml?token=x', basic],
    ['/charts/web-1.0.0.tgz?token=x', basic],
  ])
})

test.each([
  ['differs', 'b'.repeat(64)],
  ['is no sha256', 'md5:abc'],
])('[R5] a chart whose digest %s is refused', async (_, digest) => {
  const server = await start(({ path }) => ({ body: path.endsWith('.yaml') ? indexOf('w.tgz', digest) : packed }))
  await expect(pull(server.origin)).rejects.toMatchObject({ failure: { code: 'DigestMismatch' } })
})

test('[R6] credentials go to another origin that the index names only with passCredentials', async () => {
  const files = await start(() => ({ body: packed }))
  const server = await start(() => ({ body: indexOf(`${files.origin}/web.tgz`) }))
  await pull(server.origin)
  await pull(server.origin, { passCredentials: true })
  expect(files.seen.map(({ authorization }) => authorization)).toEqual([undefined, basic])
})

test('[R6] a redirect to another origin never carries the credentials on', async () => {
  const thief = await start(() => ({ body: packed }))
  const server = await start(({ path }) =>
    path.endsWith('.yaml')
      ? { body: indexOf('web.tgz') }
      : { status: 302, headers: { location: `${thief.origin}/taken` } },
  )
  await pull(server.origin, { passCredentials: true })
  expect(thief.seen.map(({ path, authorization }) => [path, authorization])).toEqual([['/taken', undefined]])
})

test('[R7] redirects have an end, and lead to no other scheme', async () => {
  const loop = await start(({ path }) => ({ status: 301, headers: { location: `${path}x` } }))
  await expect(open(loop.origin).index(signal)).rejects.toThrow('redirects more than 10 times')
  expect(loop.seen).toHaveLength(11)
  const file = await start(() => ({ status: 302, headers: { location: 'file:///etc/passwd' } }))
  await expect(open(file.origin).index(signal)).rejects.toMatchObject({ failure: { code: 'AddressRefused' } })
})

test('[R7] from https no redirect leads to http, and plain http is refused unless allowed', async () => {
  const asked: string[] = []
  const http = {
    request: async ({ url }: { readonly url: URL }) => {
      asked.push(url.href)
      const header = (name: string) => (name === 'location' ? 'http://repo.example/index.yaml' : undefined)
      return { status: 302, header, body: (async function* () {})(), drop: async () => {} }
    },
  }
  const secure = createChartRepository({ url: 'https://repo.example', http, allowPlainHttp: true })
  await expect(secure.index(signal)).rejects.toMatchObject({ failure: { code: 'PlainHttpRefused' } })
  const bare = createChartRepository({ url: 'http://repo.example', http })
  await expect(bare.index(signal)).rejects.toMatchObject({ failure: { code: 'PlainHttpRefused' } })
  expect(asked).toEqual(['https://repo.example/index.yaml'])
})

test('[R3] a chart above the limit, announced or not, is refused', async () => {
  const server = await start(({ path }) => ({
    body: path.endsWith('.yaml') ? indexOf('web.tgz') : packed,
    headers: path.endsWith('.yaml') ? {} : { 'transfer-encoding': 'chunked' },
  }))
  await expect(pull(server.origin, { maxChartSize: 5 })).rejects.toMatchObject({ failure: { code: 'TooLarge' } })
  await expect(pull(server.origin, { maxIndexSize: 5 })).rejects.toMatchObject({ failure: { code: 'TooLarge' } })
})

test.each([
  [404, 'ChartNotFound'],
  [401, 'Unauthorized'],
  [403, 'Unauthorized'],
  [500, 'ServerFailed'],
])('[R8] an answer of %d is the failure %s, and says nothing secret', async (status, code) => {
  const server = await start(() => ({ status, body: 'secret' }))
  const failed = open(`${server.origin}/?sig=hidden`).index(signal)
  await expect(failed).rejects.toMatchObject({ failure: { code } })
  await expect(failed).rejects.not.toThrow(/secret|hidden/)
})

test('[R5] a provenance file is fetched beside the chart, and may be missing', async () => {
  const server = await start(({ path }) =>
    path.endsWith('.yaml')
      ? { body: indexOf('a/web.tgz') }
      : path.startsWith('/no')
        ? { status: 404 }
        : { body: 'signed' },
  )
  const version = (await open(server.origin).index(signal)).choose('web', '')!
  expect(Buffer.from((await open(server.origin).provenance(version, signal))!).toString()).toBe('signed')
  expect(await open(`${server.origin}/no`).provenance(version, signal)).toBeUndefined()
  expect(server.seen.map(({ path }) => path)).toEqual(['/index.yaml', '/a/web.tgz.prov', '/no/a/web.tgz.prov'])
})

test('[R6] a client certificate stays with its origin, and the proxy is used for all', async () => {
  const asked: unknown[] = []
  const http = {
    request: async ({ url, tls, proxy }: HttpRequest) => {
      asked.push([url.href, tls, proxy?.address])
      const body = url.pathname.endsWith('.yaml') ? indexOf('https://files.example/web.tgz') : packed
      const location = url.host === 'files.example' ? 'https://cdn.example/web.tgz' : undefined
      return {
        status: location === undefined ? 200 : 302,
        header: (name: string) => (name === 'location' ? location : undefined),
        body: (async function* () {
          yield Buffer.from(body)
        })(),
        drop: async () => {},
      }
    },
  }
  const tls = { ca: 'CA', cert: 'CERT', key: 'KEY' }
  await pull('https://repo.example', { http, tls, proxy: { address: 'http://proxy.example:3128' } })
  expect(asked).toEqual([
    ['https://repo.example/index.yaml', tls, 'http://proxy.example:3128'],
    ['https://files.example/web.tgz', { ca: 'CA' }, 'http://proxy.example:3128'],
    ['https://cdn.example/web.tgz', { ca: 'CA' }, 'http://proxy.example:3128'],
  ])
})

test('[R10] an index that comes packed is unpacked, and its digest is that of the text', async () => {
  const text = indexOf('web-1.0.0.tgz')
  const asked: (string | undefined)[] = []
  const http = {
    request: (request: HttpRequest) => {
      asked.push(request.headers['accept-encoding'])
      return loopbackHttp.request(request)
    },
  }
  const server = await start(() => ({ body: gzipSync(text), headers: { 'content-encoding': 'gzip' } }))
  const fetched = await open(server.origin, { http }).fetchIndex(signal)
  expect([fetched?.digest, Buffer.from(fetched?.bytes ?? []).toString()]).toEqual([
    sha256Digest(Buffer.from(text)),
    text,
  ])
  expect((await open(server.origin, { http }).index(signal)).names).toEqual(['web'])
  // A chart is packed already, and its digest is that of the bytes as they come.
  const pulled = open(server.origin, { http }).chart(fetched!.index.choose('web', '*')!, signal)
  await expect(pulled).rejects.toMatchObject({ failure: { code: 'DigestMismatch' } })
  expect(asked).toEqual(['gzip', 'gzip', undefined])
})

test.each([
  ['that cannot be unpacked', 'gzip', Buffer.from('apiVersion: v1'), 'ServerFailed'],
  ['that is cut off', 'gzip', gzipSync(indexOf('web.tgz')).subarray(0, 40), 'ServerFailed'],
  ['that is packed in another way', 'br', Buffer.from('x'), 'ServerFailed'],
  ['that grows beyond its limit', 'gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a')), 'TooLarge'],
])('[R10] a packed index %s is refused', async (_, encoding, body, code) => {
  const server = await start(() => ({ body, headers: { 'content-encoding': encoding } }))
  const repository = open(server.origin, { maxIndexSize: 1024 * 1024 })
  await expect(repository.fetchIndex(signal)).rejects.toMatchObject({ failure: { code } })
})

test('[R9] an index that has not changed is not sent again', async () => {
  const server = await start(({ unlessMatches }) =>
    unlessMatches === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: indexOf('web-1.0.0.tgz') },
  )
  const repository = open(server.origin)
  const first = await repository.fetchIndex(signal)
  expect([first?.etag, first?.digest]).toEqual(['"1"', sha256Digest(Buffer.from(indexOf('web-1.0.0.tgz')))])
  expect([first?.index.names, Buffer.from(first!.bytes).toString()]).toEqual([['web'], indexOf('web-1.0.0.tgz')])
  await expect(repository.fetchIndex(signal, '"1"')).resolves.toBeUndefined()
  await expect(repository.fetchIndex(signal, '"0"')).resolves.toMatchObject({ digest: first?.digest })
})

test('[R7] a file is downloaded whole, within its limit, and plain HTTP only where it is allowed', async () => {
  const server = await start(({ path }) =>
    path === '/old' ? { status: 302, headers: { location: '/new' } } : { body: packed },
  )
  const from = (url: string, more: Partial<DownloadOptions> = {}) =>
    downloadFile({ url, limit: 100, http: loopbackHttp, allowPlainHttp: true, ...more }, signal)
  expect(Buffer.from(await from(`${server.origin}/old`))).toEqual(packed)
  await expect(from(`${server.origin}/new`, { limit: 3 })).rejects.toMatchObject({ failure: { code: 'TooLarge' } })
  await expect(from(server.origin, { allowPlainHttp: false })).rejects.toMatchObject({
    failure: { code: 'PlainHttpRefused' },
  })
  await expect(from('nowhere')).rejects.toMatchObject({ failure: { code: 'AddressRefused' } })
})
