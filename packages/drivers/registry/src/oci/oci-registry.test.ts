import { afterEach, expect, test } from 'vitest'
import { sha256Digest } from '../http/digest.ts'
import { loopbackHttp, startServer, type Reply, type Seen, type TestServer } from '../testing/loopback.ts'
import { chooseTag } from '../version/choose-tag.ts'
import { isWholeVersion } from '../version/choose-version.ts'
import { acrCredentials } from './acr-credentials.ts'
import { isOwnRealm, parseChallenge } from './challenge.ts'
import { dockerCredentials } from './docker-config.ts'
import { createOciRegistry, type OciOptions } from './oci-registry.ts'
import { parseOciReference, versionOfTag } from './reference.ts'

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
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const descriptor = (bytes: Uint8Array, mediaType: string) => ({
  mediaType,
  digest: sha256Digest(bytes),
  size: bytes.length,
})
const config = Buffer.from('{}')
const manifest = {
  schemaVersion: 2,
  mediaType: manifestType,
  config: descriptor(config, 'application/vnd.cncf.helm.config.v1+json'),
  layers: [descriptor(packed, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
}
const open = (server: TestServer, more: Partial<OciOptions> = {}) =>
  createOciRegistry({ host: server.host, http: loopbackHttp, allowPlainHttp: true, now: () => 0, ...more })

/** Serves one chart to everybody. */
const serve = (served: unknown = manifest, blob: Uint8Array = packed) => {
  const bytes = Buffer.from(JSON.stringify(served))
  return ({ path }: Seen): Reply => {
    if (path.includes('/manifests/')) return { headers: { 'content-type': manifestType }, body: bytes }
    if (path.includes('/blobs/')) return { body: blob }
    return { body: JSON.stringify({ tags: ['1.0.0', '1.1.0_build', 'latest'] }) }
  }
}

test('[O1] a chart is pulled by tag and everything is checked against its digest', async () => {
  const server = await start(serve())
  const chart = await open(server).chart('team/web', '1.0.0+b', signal)
  expect(Buffer.from(chart.bytes)).toEqual(packed)
  expect(chart.digest).toBe(sha256Digest(Buffer.from(JSON.stringify(manifest))))
  expect(server.seen.map(({ path }) => path)).toEqual([
    '/v2/team/web/manifests/1.0.0_b',
    `/v2/team/web/blobs/${sha256Digest(packed)}`,
  ])
  await expect(open(server).versions('team/web', signal)).resolves.toEqual(['1.0.0', '1.1.0+build'])
})

test.each([
  ['a blob of another content', serve(manifest, Buffer.from('a packed chirt')), '1.0.0', 'DigestMismatch'],
  ['a blob longer than it says', serve(manifest, Buffer.from('a packed chart and more')), '1.0.0', 'TooLarge'],
  ['a manifest of another digest', serve(), `sha256:${'0'.repeat(64)}`, 'DigestMismatch'],
  ['a manifest that is an index too', serve({ ...manifest, manifests: [] }), '1.0.0', 'ManifestMalformed'],
  ['a media type other than served', serve({ ...manifest, mediaType: 'x/y' }), '1.0.0', 'ManifestMalformed'],
  ['a layer without a digest', serve({ ...manifest, layers: [{ mediaType: 'a', size: 1 }] }), '1', 'ManifestMalformed'],
  ['two charts', serve({ ...manifest, layers: [...manifest.layers, ...manifest.layers] }), '1', 'ManifestMalformed'],
  ['no chart', serve({ ...manifest, layers: [] }), '1', 'ManifestMalformed'],
  ['no JSON', serve('x'), '1', 'ManifestMalformed'],
  ['another artifact', serve({ ...manifest, config: descriptor(config, 'x/y') }), '1', 'ManifestMalformed'],
])('[O2] %s is refused', async (_, answer, reference, code) => {
  const server = await start(answer)
  await expect(open(server).chart('web', reference, signal)).rejects.toMatchObject({ failure: { code } })
})

const indexType = 'application/vnd.oci.image.index.v1+json'
const listType = 'application/vnd.docker.distribution.manifest.list.v2+json'
const amd64 = { os: 'linux', architecture: 'amd64' }
const imageOf = (text: string, configType = 'application/vnd.oci.image.config.v1+json') =>
  Buffer.from(JSON.stringify({ ...manifest, config: descriptor(config, configType), annotations: { text } }))
const indexOf = (manifests: readonly object[], mediaType = indexType) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))

/** Serves documents by their digests, the first as the tag `1.0.0` too, and the packed chart. */
const serveAll = (...documents: readonly (readonly [Uint8Array, string])[]) => {
  const found = ({ path }: Seen) => documents.find(([bytes]) => path.endsWith(sha256Digest(bytes)))
  return (seen: Seen): Reply => {
    const [bytes, type] = (seen.path.endsWith('/1.0.0') ? documents[0] : found(seen)) ?? [packed, 'a/b']
    return { headers: { 'content-type': type, 'docker-content-digest': sha256Digest(bytes) }, body: bytes }
  }
}

test('[O10] of an index the first manifest for linux/amd64 is taken, and the digest of the index is that of the tag', async () => {
  const [arm, none, other] = [imageOf('arm'), imageOf('none'), imageOf('other')]
  const index = indexOf([
    { ...descriptor(arm, manifestType), platform: { os: 'linux', architecture: 'arm64' } },
    descriptor(none, manifestType),
    { ...descriptor(other, manifestType), platform: amd64 },
  ])
  const server = await start(serveAll([index, indexType], [none, manifestType], [arm, manifestType]))
  const found = await open(server).manifest('web', '1.0.0', signal)
  expect(found).toMatchObject({
    digest: sha256Digest(none),
    root: sha256Digest(index),
    annotations: { text: 'none' },
  })
  await expect(open(server).digestOf('web', '1.0.0', signal)).resolves.toBe(sha256Digest(index))
})

test('[O10] an index may stand in a manifest list, but not without end', async () => {
  const image = imageOf('deep')
  const wrap = (bytes: Uint8Array, type: string, own: string) =>
    indexOf([{ ...descriptor(bytes, type), platform: { ...amd64, variant: 'v2' } }], own)
  const one = wrap(image, manifestType, indexType)
  const two = wrap(one, indexType, listType)
  const three = wrap(two, listType, indexType)
  const four = wrap(three, indexType, indexType)
  const all = [
    [three, indexType],
    [two, listType],
    [one, indexType],
    [image, manifestType],
  ] as const
  const server = await start(serveAll(...all))
  await expect(open(server).manifest('web', '1.0.0', signal)).resolves.toMatchObject({ annotations: { text: 'deep' } })
  const deeper = await start(serveAll([four, indexType], ...all))
  await expect(open(deeper).manifest('web', '1.0.0', signal)).rejects.toThrow('too deep in each other')
})

const image = imageOf('image')
test.each<[string, Uint8Array, string]>([
  [
    'nothing for the platform',
    indexOf([{ ...descriptor(image, manifestType), platform: { os: 'linux' } }]),
    'no child with platform linux/amd64 in index web',
  ],
  ['a list of nothing', indexOf([]), 'no child with platform'],
  ['another media type than served', indexOf([], listType), 'differs from the one served'],
  ['layers too', Buffer.from(JSON.stringify({ ...manifest, mediaType: indexType, manifests: [] })), 'at once'],
  ['no list', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: {} })), 'no list'],
  ['another schema', Buffer.from('{"manifests":[]}'), 'schemaVersion'],
  ['no map', Buffer.from('[]'), 'no JSON map'],
  ['an entry without a digest', indexOf([{ mediaType: 'a', size: 1 }]), 'no sha256 digest'],
  ['a wrong size', indexOf([{ ...descriptor(image, manifestType), size: 1 }]), 'not what its index says'],
  [
    'a wrong type',
    indexOf([descriptor(image, 'application/vnd.docker.distribution.manifest.v2+json')]),
    'not what its index says',
  ],
  ['too many', indexOf(Array.from({ length: 1001 }, () => descriptor(image, manifestType))), 'too many'],
])('[O10] an index with %s is refused', async (_, index, words) => {
  const server = await start(serveAll([index, indexType], [image, manifestType]))
  await expect(open(server).manifest('web', '1.0.0', signal)).rejects.toThrow(words)
})

test('[O11] the chart of an index is found beside other artifacts, and its revision is the index', async () => {
  const chart = imageOf('chart', 'application/vnd.cncf.helm.config.v1+json')
  const index = indexOf([
    { ...descriptor(image, manifestType), platform: amd64 },
    { ...descriptor(chart, manifestType), platform: { os: 'unknown', architecture: 'unknown' } },
  ])
  const server = await start(serveAll([index, indexType], [image, manifestType], [chart, manifestType]))
  const pulled = await open(server).chart('web', '1.0.0', signal)
  expect([pulled.digest, Buffer.from(pulled.bytes)]).toEqual([sha256Digest(index), packed])
  const without = indexOf([descriptor(image, manifestType), descriptor(config, 'application/json')])
  const empty = await start(serveAll([without, indexType], [image, manifestType]))
  await expect(open(empty).chart('web', '1.0.0', signal)).rejects.toThrow('the index of web has no Helm chart')
})

test('[O2] a tag that would leave its path is never sent', async () => {
  const server = await start(serve())
  for (const tag of ['../../x', 'a/b', '', 'a?b', `sha256:${'A'.repeat(64)}`])
    await expect(open(server).manifest('web', tag, signal)).rejects.toMatchObject({
      failure: { code: 'AddressRefused' },
    })
  expect(server.seen).toEqual([])
})

/** A registry that wants a token and a token server. */
const guarded = (realm: (server: { readonly origin: string }) => string) => async (answer: (seen: Seen) => Reply) => {
  const server: TestServer = await start((seen) => {
    if (seen.path.startsWith('/token')) return answer(seen)
    if (seen.authorization === 'Bearer good') return serve()(seen)
    const header = `Bearer realm="${realm(server)}",service="reg",scope="repository:web:pull"`
    return { status: 401, headers: { 'www-authenticate': header } }
  })
  return server
}
const good: Reply = { body: JSON.stringify({ token: 'good', expires_in: 300 }) }
const basic = { kind: 'basic', username: 'me', password: 'secret' } as const

test('[O3] a token is asked for once, with the credentials, and used until it runs out', async () => {
  const server = await guarded(({ origin }) => `${origin}/token`)(() => good)
  let now = 0
  const registry = open(server, { credentials: basic, now: () => now })
  await registry.chart('web', '1.0.0', signal)
  now = 289_000
  await registry.tags('web', signal)
  now = 291_000
  await registry.tags('web', signal)
  const tokens = server.seen.filter(({ path }) => path.startsWith('/token'))
  expect(tokens.map(({ path, authorization }) => [path, authorization])).toEqual(
    Array.from({ length: 2 }, () => [
      '/token?service=reg&scope=repository%3Aweb%3Apull',
      `Basic ${Buffer.from('me:secret').toString('base64')}`,
    ]),
  )
})

test('[O3] an identity token is exchanged by POST', async () => {
  const server = await guarded(({ origin }) => `${origin}/token`)(() => good)
  await open(server, { credentials: { kind: 'identity', token: 'id' } }).tags('web', signal)
  const asked = server.seen.find(({ path }) => path.startsWith('/token'))
  expect([asked?.method, asked?.authorization, new URLSearchParams(asked?.body).get('refresh_token')]).toEqual([
    'POST',
    undefined,
    'id',
  ])
})

test('[O4] credentials are never sent to a foreign token server, nor on by its redirect', async () => {
  const thief = await start(() => good)
  const away = await guarded(() => `${thief.origin}/token`)(() => good)
  for (const credentials of [basic, { kind: 'identity', token: 'id' } as const])
    await expect(open(away, { credentials }).tags('web', signal)).rejects.toMatchObject({
      failure: { code: 'CredentialsRefused' },
    })
  expect(thief.seen).toEqual([])
  // Without credentials there is nothing to lose.
  await expect(open(away).tags('web', signal)).resolves.toHaveLength(3)
  thief.seen.length = 0
  const moved = await guarded(({ origin }) => `${origin}/token`)(() => ({
    status: 307,
    headers: { location: `${thief.origin}/token` },
  }))
  await expect(
    open(moved, { credentials: { kind: 'identity', token: 'id' } }).tags('web', signal),
  ).rejects.toMatchObject({ failure: { code: 'CredentialsRefused' } })
  expect(thief.seen).toEqual([])
  await open(moved, { credentials: basic }).tags('web', signal)
  expect(thief.seen.map(({ authorization }) => authorization)).toEqual([undefined])
})

test.each<[string, string, readonly string[], boolean]>([
  ['https://ghcr.io/token', 'https://ghcr.io', [], true],
  ['https://auth.docker.io/token', 'https://registry-1.docker.io', [], true],
  ['https://auth.docker.io/token', 'https://ghcr.io', [], false],
  ['https://ghcr.io.evil.example/token', 'https://ghcr.io', [], false],
  ['https://user:x@ghcr.io/token', 'https://ghcr.io', [], false],
  ['http://ghcr.io/token', 'https://ghcr.io', [], false],
  ['https://sso.example/token', 'https://reg.example', ['sso.example'], true],
  ['http://sso.example/token', 'http://reg.example', ['sso.example'], false],
  ['https://ghcr.io:8443/token', 'https://ghcr.io', [], false],
])('[O4] whether %s may have the credentials of %s with %j: %s', (realm, registry, allowed, wanted) => {
  expect(isOwnRealm(new URL(realm), new URL(registry), allowed)).toBe(wanted)
})

test('[O3] basic challenges are answered, and others are not', async () => {
  const server = await start((seen) =>
    seen.authorization === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      : serve()(seen),
  )
  await expect(open(server, { credentials: basic }).tags('web', signal)).resolves.toHaveLength(3)
  await expect(open(server).tags('web', signal)).rejects.toMatchObject({ failure: { code: 'Unauthorized' } })
  const headers = [undefined, 'Negotiate', 'Bearer realm="nonsense"', `Bearer realm="https://a/${'x'.repeat(5000)}"`]
  expect(headers.map(parseChallenge)).toEqual(headers.map(() => undefined))
})

test('[O1] tags are read page by page, and never from another registry', async () => {
  const server = await start(({ path }) =>
    path.includes('last=b')
      ? { body: '{"tags":["c"]}' }
      : { body: '{"tags":["a","b"]}', headers: { link: '</v2/web/tags/list?n=2&last=b>; rel="next"' } },
  )
  await expect(open(server).tags('web', signal)).resolves.toEqual(['a', 'b', 'c'])
  const away = await start(() => ({ body: '{"tags":[]}', headers: { link: '<http://127.0.0.2/x>; rel="next"' } }))
  await expect(open(away).tags('web', signal)).rejects.toMatchObject({ failure: { code: 'CredentialsRefused' } })
  const endless = await start(({ path }) => ({ body: '{"tags":["a"]}', headers: { link: `<${path}1>; rel="next"` } }))
  await expect(open(endless).tags('web', signal)).rejects.toMatchObject({ failure: { code: 'TooLarge' } })
})

test('[O5] the docker config gives credentials by host, the most specific entry first, and runs nothing', () => {
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
  const text = JSON.stringify({
    auths: {
      'https://index.docker.io/v1/': auth('hub:p:w'),
      'reg.example': { username: 'a', password: 'b' },
      'reg.example/team': { identitytoken: 'id' },
      'other.example': {},
    },
    credHelpers: { 'gcr.example': 'gcloud' },
  })
  const find = (host: string, repository = '') => dockerCredentials(text, { host, repository })
  expect(find('docker.io')).toEqual({ kind: 'basic', username: 'hub', password: 'p:w' })
  expect(find('reg.example', 'teams/x')).toEqual({ kind: 'basic', username: 'a', password: 'b' })
  expect(find('reg.example', 'team/x')).toEqual({ kind: 'identity', token: 'id' })
  expect([find('other.example'), find('reg.example:5000')]).toEqual([undefined, undefined])
  expect(() => find('gcr.example')).toThrow('leaves gcr.example to a program, which is not run')
  expect(() => dockerCredentials('{"auths": secret', { host: 'x' })).toThrow(/^the docker config is no JSON map$/)
})

test('[O6] an Entra token is exchanged at an Azure registry alone', async () => {
  const server: TestServer = await start((seen) => {
    if (seen.path === '/oauth2/exchange') return { body: '{"refresh_token":"refresh"}' }
    if (seen.path === '/oauth2/token') return { body: '{"access_token":"good"}' }
    if (seen.authorization === 'Bearer good') return serve()(seen)
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${server.origin}/oauth2/token",service="s"` } }
  })
  const options = { http: loopbackHttp, allowPlainHttp: true, registry: new URL(server.origin) }
  const aadToken = () => Promise.resolve('entra')
  expect(() => acrCredentials({ ...options, aadToken })).toThrow(`${server.host} is no Azure registry`)
  const credentials = acrCredentials({ ...options, aadToken, allowedDomains: ['127.0.0.1'] })
  await expect(open(server, { credentials }).tags('web', signal)).resolves.toHaveLength(3)
  const bodies = server.seen.filter(({ method }) => method === 'POST').map(({ body }) => new URLSearchParams(body))
  expect(bodies.map((body) => [body.get('access_token'), body.get('refresh_token'), body.get('scope')])).toEqual([
    ['entra', null, null],
    [null, 'refresh', 'repository:web:pull'],
  ])
})

test.each([
  ['oci://ghcr.io/team/web:1.0.0', { host: 'ghcr.io', repository: 'team/web', tag: '1.0.0', digest: '' }],
  [
    `oci://localhost:5000/web@sha256:${'a'.repeat(64)}`,
    { host: 'localhost:5000', repository: 'web', tag: '', digest: `sha256:${'a'.repeat(64)}` },
  ],
])('[O7] %s is taken apart', (text, wanted) => {
  expect(parseOciReference(text)).toEqual(wanted)
})

test.each([
  'https://a/b',
  'oci://a',
  'oci://a/../b',
  'oci://a/B',
  'oci://a/b:..',
  'oci://a/b:c/d',
  'oci://u:p@a/b',
  'oci://a/b?x',
  'oci://-a b/c',
  `oci://a/b@sha256:${'g'.repeat(64)}`,
])('[O7] %s is no reference', (text) => {
  expect(() => parseOciReference(text)).toThrow('the address is no OCI reference')
  expect(versionOfTag('1.0.0_b')).toBe('1.0.0+b')
})

test('[O8] the digest of a tag is asked without the manifest; a registry that does not tell it is no error', async () => {
  const digest = sha256Digest(packed)
  const server = await start(({ path }) =>
    path.endsWith('/told') ? { headers: { 'docker-content-digest': digest } } : {},
  )
  await expect(open(server).digestOf('team/web', 'told', signal)).resolves.toBe(digest)
  for (const tag of ['untold', 'refused'])
    await expect(open(server).digestOf('team/web', tag, signal)).resolves.toBeUndefined()
  expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'HEAD /v2/team/web/manifests/told',
    'HEAD /v2/team/web/manifests/untold',
    'HEAD /v2/team/web/manifests/refused',
  ])
  await expect(open(server).digestOf('team/web', '../x', signal)).rejects.toMatchObject({
    failure: { code: 'AddressRefused' },
  })
})

test.each([
  ['1.2.3', true],
  ['v1.2.3-rc.1+b', true],
  ['1.2', false],
  ['6', false],
  ['latest', false],
  ['1.2.3.4', false],
])('[O9] %s is a whole version: %j', (text, wanted) => {
  expect(isWholeVersion(text)).toBe(wanted)
})

const tags = ['latest', '6', '6.1', '6.1.0', '6.2.0', '6.3.0-rc.1', '7.0.0_b1', 'v6.1.5']

test.each([
  ['6.x', '', false, '6.2.0'],
  ['>=6.0.0-0', '', false, '6.3.0-rc.1'],
  ['>=6.0.0-0', '-rc\\.\\d+$', false, '6.3.0-rc.1'],
  ['6.x', '^v', false, 'v6.1.5'],
  ['7.x', '', true, '7.0.0_b1'],
])('[O9] range %j with filter %j (chart: %j) takes %s', (range, filter, isChart, wanted) => {
  expect(chooseTag(tags, { range, filter, isChart })).toBe(wanted)
})

test.each([
  ['8.x', '', 'no match found for semver: 8.x'],
  ['6..x', '', "semver '6..x' parse error"],
  ['6.x', '(', 'semverFilter: '],
])('[O9] range %j with filter %j finds nothing, and says why', (range, filter, words) => {
  expect(() => chooseTag(tags, { range, filter, isChart: false })).toThrow(words)
})
