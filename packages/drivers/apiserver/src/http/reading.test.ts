import { beforeEach, describe, expect, test } from 'vitest'
import { createTestServer, type TestServer } from '../testing/test-server.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let server: TestServer

beforeEach(async () => {
  server = await createTestServer()
})

async function make(name: string, labels: Record<string, string> = {}): Promise<string> {
  const answer = await server.send('POST', configMaps, { body: { metadata: { name, labels } } })
  return (answer.body['metadata'] as { resourceVersion: string }).resourceVersion
}

async function relabel(name: string, labels: Record<string, string | null>): Promise<void> {
  await server.send('PATCH', `${configMaps}/${name}`, {
    body: { metadata: { labels } },
    contentType: 'application/merge-patch+json',
  })
}

interface Listed {
  readonly names: readonly string[]
  readonly next: string
  readonly remaining: number | undefined
}

async function list(query: string): Promise<Listed> {
  const { body } = await server.send('GET', `${configMaps}?${query}`)
  const metadata = body['metadata'] as { continue?: string; remainingItemCount?: number }
  const names = (body['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name)
  return { names, next: metadata.continue ?? '', remaining: metadata.remainingItemCount }
}

describe('lists', () => {
  test('[L1] pages show the state of the first one, whatever happens in between', async () => {
    for (const name of ['p0', 'p1', 'p2', 'p3', 'p4']) await make(name)
    const first = await list('limit=2')
    expect([first.names, first.remaining]).toEqual([['p0', 'p1'], 3])
    await make('p25')
    await server.send('DELETE', `${configMaps}/p3`)
    const second = await list(`limit=2&continue=${first.next}`)
    expect(second.names).toEqual(['p2', 'p3'])
    const last = await list(`limit=2&continue=${second.next}`)
    expect([last.names, last.next, last.remaining]).toEqual([['p4'], '', undefined])
  })

  test('[L1] the continue token has the recorded form', async () => {
    for (const name of ['p0', 'p1', 'p2']) await make(name)
    const { next } = await list('limit=2')
    const revision = server.parts.storage.revision
    expect(Buffer.from(next, 'base64url').toString()).toBe(
      String.raw`{"v":"meta.k8s.io/v1","rv":${revision},"start":"/p1\u0000"}`,
    )
  })

  test('[L2] a selected list does not say how much remains', async () => {
    for (const name of ['p0', 'p1', 'p2']) await make(name, { p: 'q' })
    const page = await list('limit=1&labelSelector=p%3Dq')
    expect([page.names, page.remaining, page.next === '']).toEqual([['p0'], undefined, false])
  })

  test('[L3] an exact revision shows the past', async () => {
    const revision = await make('a')
    await make('b')
    const past = await list(`resourceVersion=${revision}&resourceVersionMatch=Exact`)
    expect(past.names).toEqual(['a'])
    expect((await list(`resourceVersion=${revision}&resourceVersionMatch=NotOlderThan`)).names).toEqual(['a', 'b'])
  })

  test('[L4] items of built-in kinds leave kind and apiVersion out', async () => {
    await make('a')
    const { body, text } = await server.send('GET', configMaps)
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' })
    expect((body['items'] as object[])[0]).not.toHaveProperty('kind')
    expect(text).toContain('"items":[{"metadata":{"name":"a"')
  })

  test('[R2] metadata alone, and as YAML never asked for', async () => {
    await make('a', { x: 'y' })
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    const { body } = await server.send('GET', configMaps, { accept })
    expect(body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [
        { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a', labels: { x: 'y' } } },
      ],
    })
  })

  test('[R2] a table has cells and metadata', async () => {
    await make('a')
    server.time.advance(125_000)
    const { body } = await server.send('GET', configMaps, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect(body).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      rows: [{ cells: ['a', 0, '2m5s'], object: { kind: 'PartialObjectMetadata' } }],
    })
    expect((body['columnDefinitions'] as { name: string }[]).map((column) => column.name)).toEqual([
      'Name',
      'Data',
      'Age',
    ])
  })

  test('[R1] clients that would rather have protobuf get JSON', async () => {
    await make('a')
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    expect((await server.send('GET', `${configMaps}/a`, { accept })).body['kind']).toBe('ConfigMap')
  })
})

function shown(
  items: readonly { readonly type: string; value(): Readonly<Record<string, unknown>> }[],
): readonly string[] {
  return items.map((item) => {
    const metadata = item.value()['metadata'] as { name?: string; resourceVersion: string }
    return `${item.type} ${metadata.name ?? ''} ${metadata.resourceVersion}`
  })
}

describe('watches', () => {
  test('[W1] without a revision the state comes first', async () => {
    const revision = await make('a')
    const { items } = await server.watch(`${configMaps}?watch=true`)
    const next = await make('b')
    expect(shown(items)).toEqual([`ADDED a ${revision}`, `ADDED b ${next}`])
  })

  test('from a revision everything after it comes', async () => {
    const revision = await make('a')
    const next = await make('b')
    const { items } = await server.watch(`${configMaps}?watch=true&resourceVersion=${revision}`)
    expect(shown(items)).toEqual([`ADDED b ${next}`])
  })

  test('[W2] initial events end with a bookmark that says so', async () => {
    const revision = await make('a')
    const path = `${configMaps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`
    const { items } = await server.watch(path)
    expect(items.at(-1)?.value()).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: revision, annotations: { 'k8s.io/initial-events-end': 'true' } },
    })
    expect(items.map((item) => item.type)).toEqual(['ADDED', 'BOOKMARK'])
  })

  test('[W4] a selector turns changes into comings and goings', async () => {
    await make('a', { p: 'q' })
    const { items } = await server.watch(`${configMaps}?watch=true&labelSelector=p%3Dq`)
    await relabel('a', { p: 'other' })
    await relabel('a', { p: 'q' })
    await relabel('a', { more: 'x' })
    await make('b')
    await server.send('DELETE', `${configMaps}/a`)
    expect(items.map((item) => item.type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'MODIFIED', 'DELETED'])
    expect(items[1]?.value()['metadata']).toMatchObject({ labels: { p: 'q' }, resourceVersion: '3' })
  })

  test('one object is watched by its name', async () => {
    await make('a')
    await make('b')
    const { items } = await server.watch(`${configMaps}?watch=true&fieldSelector=metadata.name%3Da`)
    await relabel('b', { x: 'y' })
    await relabel('a', { x: 'y' })
    expect(items.map((item) => `${item.type} ${(item.value()['metadata'] as { name: string }).name}`)).toEqual([
      'ADDED a',
      'MODIFIED a',
    ])
  })

  test('[W6] a revision whose history is gone is told as an event', async () => {
    await make('a')
    for (let count = 0; count <= 10_000; count += 1) await relabel('a', { n: String(count) })
    const { items, isOver } = await server.watch(`${configMaps}?watch=true&resourceVersion=1`)
    expect([items.length, items[0]?.type, isOver()]).toEqual([1, 'ERROR', true])
    expect(items[0]?.value()).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' })
  })

  test('[W5] timeoutSeconds ends it, a bookmark comes each minute', async () => {
    const { items, isOver } = await server.watch(`${configMaps}?watch=true&timeoutSeconds=150&allowWatchBookmarks=true`)
    server.time.advance(149_000)
    expect([items.map((item) => item.type), isOver()]).toEqual([['BOOKMARK', 'BOOKMARK'], false])
    server.time.advance(1000)
    expect(isOver()).toBe(true)
  })

  test('[R2] in a table watch only the first event has the columns', async () => {
    await make('a')
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const { items } = await server.watch(`${configMaps}?watch=true`, accept)
    await make('b')
    expect(items.map((item) => item.value()['columnDefinitions'] === null)).toEqual([false, true])
  })

  test('[S2] an event is turned into bytes once for all who watch', async () => {
    const watches = await Promise.all([1, 2].map(() => server.watch(`${configMaps}?watch=true`)))
    await make('a')
    const [first, second] = watches.map(({ items }) => items[0]?.line())
    expect(first?.toString()).toMatch(/^\{"type":"ADDED","object":\{"kind":"ConfigMap".*\}\}\n$/)
    expect(second).toBe(first)
  })
})
