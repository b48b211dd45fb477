import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAddressRules } from './address-rules.ts'
import { type Resolver, createEgressClient, parseProxy } from './egress-client.ts'

let connections = 0
let port = 0
const server = createServer((_request, response) => response.end('hello'))
server.on('connection', () => {
  connections += 1
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const loopback = [
  '127.0.0.1',
  '127.1.2.3',
  '127.255.255.255',
  '[::1]',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
]
const mapped = [
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[::ffff:0:127.0.0.1]',
]
const metadata = [
  '169.254.169.254',
  '169.254.170.2',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::a9fe:a9fe]',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '100.100.100.200',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fe80::a9fe:a9fe]',
]
const special = [
  '0.0.0.0',
  '0',
  '0.1.2.3',
  '[::]',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '240.0.0.1',
  '192.0.0.1',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[ff02::1]',
  '[febf::1]',
  '[fec0::1]',
  '[2002:a9fe:a9fe::1]',
]
const hosts = [...loopback, ...mapped, ...metadata, ...special]
const schemes = ['http', 'https', 'http'] as const
const vectors = hosts.flatMap((host) =>
  schemes.map((scheme, index) => `${scheme}://${host}:${index === 2 ? 80 : 'PORT'}/x`),
)

const refusing = createEgressClient({ rules: createAddressRules() })
const get = (url: string, client = refusing) =>
  client.request({ url: new URL(url), method: 'GET', headers: {}, signal: AbortSignal.timeout(20_000) })

test('[G7] no denied address is connected to, however it is written', async () => {
  expect(vectors.length).toBeGreaterThanOrEqual(120)
  for (const vector of vectors) {
    const request = get(vector.replace('PORT', String(port)))
    await expect(request, vector).rejects.toMatchObject({ name: 'AddressRefusedError' })
  }
  expect(connections).toBe(0)
})

test('[G7] a name is judged by the addresses it has when it is connected to', async () => {
  const answers = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '::ffff:127.0.0.1', family: 6 }],
    [{ address: '169.254.169.254', family: 4 }],
    [{ address: 'fe80::1%lo', family: 6 }],
  ]
  for (const addresses of answers) {
    const resolve: Resolver = (_host, done) => done(null, addresses)
    const client = createEgressClient({ rules: createAddressRules(), resolve })
    const request = get(`http://innocent.example.test:${port}/`, client)
    await expect(request).rejects.toMatchObject({ message: expect.stringMatching(/machine|denied/) as string })
    await client.close()
  }
  expect(connections).toBe(0)
})

test('[G7] a name that moves to a denied address between two lookups is refused the second time', async () => {
  const before = connections
  let lookups = 0
  const resolve: Resolver = (_host, done) => {
    lookups += 1
    done(null, [{ address: lookups === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
  }
  const client = createEgressClient({ rules: createAddressRules({ allow: ['127.0.0.1/32'] }), resolve })
  const first = await get(`http://rebind.example.test:${port}/`, client)
  await first.drop()
  await client.close()
  const again = createEgressClient({ rules: createAddressRules({ allow: ['127.0.0.1/32'] }), resolve })
  await expect(get(`http://rebind.example.test:${port}/`, again)).rejects.toThrow('denied')
  await again.close()
  expect([lookups, connections - before]).toEqual([2, 1])
})

test('[G7] of several addresses only the allowed ones are used', async () => {
  const before = connections
  const resolve: Resolver = (_host, done) =>
    done(null, [
      { address: '169.254.169.254', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ])
  const client = createEgressClient({ rules: createAddressRules({ allowLoopback: true }), resolve })
  const answer = await get(`http://mixed.example.test:${port}/`, client)
  await answer.drop()
  await client.close()
  expect([answer.status, connections - before]).toEqual([200, 1])
})

test('[G7] ranges can be denied and allowed', () => {
  const rules = createAddressRules({ deny: ['10.96.0.0/12', '2001:db8::/32'], allow: ['fd00::/8'] })
  expect(['10.96.0.1', '::ffff:10.100.1.1', '2001:db8::1'].filter((one) => rules.problemOf(one) === undefined)).toEqual(
    [],
  )
  expect(
    ['10.1.2.3', '8.8.8.8', 'fd12::1', 'git.example.test', '2606:4700::1'].filter(
      (one) => rules.problemOf(one) !== undefined,
    ),
  ).toEqual([])
  expect(() => createAddressRules({ deny: ['nonsense'] })).toThrow(TypeError)
})

test.each([
  "socks5://host';touch x;'/",
  'socks5://$(x):1080',
  'socks5://-oProxyCommand=x:1080',
  'socks5://a b:1080',
  'socks5://h`x`:1080',
  'socks5://h|x:1080',
  'socks5://h;x:1080',
  'socks5://h&x:1080',
  'ssh://host',
  'file:///etc/passwd',
  'http://user:secret@proxy:3128',
  'proxy:3128',
  'socks5://host:99999',
  'nonsense',
])('[G7] the proxy %j is refused', (address) => {
  expect(() => parseProxy(address)).toThrow(TypeError)
  expect(() => parseProxy(address)).not.toThrow(/secret/)
})
