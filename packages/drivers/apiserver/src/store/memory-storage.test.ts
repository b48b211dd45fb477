import { describe, expect, test } from 'vitest'
import { createStorage } from './memory-storage.ts'
import { StorageFailure, type Journal, type JournalRecord, type Storage, type StorageEvent } from './storage.ts'

function put(storage: Storage, key: string, data: string): number {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: key }, data: { data } }
  return storage.write({ kind: 'put', resource: 'configmaps', key, object }).revision
}

function remove(storage: Storage, key: string): number {
  return storage.write({ kind: 'remove', resource: 'configmaps', key }).revision
}

const keys = (list: readonly { readonly key: string }[] | undefined): readonly string[] | undefined =>
  list?.map((stored) => stored.key)

describe('revisions', () => {
  test('[S1] one counter stamps the objects of all resources', () => {
    const storage = createStorage()
    put(storage, 'a', '1')
    const object = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } }
    const secret = storage.write({ kind: 'put', resource: 'secrets', key: 'a', object })
    expect(secret.object['metadata']).toEqual({ name: 'a', resourceVersion: '2' })
    expect(storage.revision).toBe(2)
  })

  test('[S2] stored objects cannot be changed', () => {
    const storage = createStorage()
    put(storage, 'a', '1')
    const stored = storage.get('configmaps', 'a')
    expect(() => {
      ;(stored!.object['data'] as Record<string, unknown>)['data'] = '2'
    }).toThrow(TypeError)
  })

  test('lists are in byte order, and one namespace is a part of them', () => {
    const storage = createStorage()
    for (const key of ['b/x', 'a/z', 'a-b/x', 'a/a']) put(storage, key, '1')
    expect(keys(storage.list('configmaps'))).toEqual(['a-b/x', 'a/a', 'a/z', 'b/x'])
    expect(keys(storage.list('configmaps', 'a/'))).toEqual(['a/a', 'a/z'])
  })

  test('a list that was given out does not change', () => {
    const storage = createStorage()
    put(storage, 'a', '1')
    const before = storage.list('configmaps')
    put(storage, 'b', '1')
    expect(keys(before)).toEqual(['a'])
  })

  test('the past can be listed', () => {
    const storage = createStorage()
    put(storage, 'a', '1')
    const revision = put(storage, 'b', '1')
    put(storage, 'a', '2')
    remove(storage, 'b')
    put(storage, 'c', '1')
    const past = storage.listAt('configmaps', revision)
    expect(keys(past)).toEqual(['a', 'b'])
    expect(past?.[0]?.object['data']).toEqual({ data: '1' })
  })

  test('[S8] the past is gone once too much has happened since', () => {
    const storage = createStorage()
    const revision = put(storage, 'a', '0')
    for (let count = 0; count <= 10_000; count += 1) put(storage, 'a', String(count))
    expect(storage.listAt('configmaps', revision)).toBeUndefined()
    expect(storage.watch('configmaps', revision, () => undefined)).toBeUndefined()
    expect(storage.listAt('configmaps', storage.revision - 5000)).toHaveLength(1)
  })
})

describe('events', () => {
  test('a watch hears what came after its revision and what comes', () => {
    const storage = createStorage()
    const start = put(storage, 'a', '1')
    put(storage, 'a', '2')
    const heard: string[] = []
    const stop = storage.watch('configmaps', start, (event) => {
      heard.push(`${event.type} ${event.current.key} ${event.revision}`)
    })
    put(storage, 'b', '1')
    remove(storage, 'a')
    stop?.()
    put(storage, 'c', '1')
    expect(heard).toEqual(['MODIFIED a 2', 'ADDED b 3', 'DELETED a 4'])
  })

  test('a deletion carries the last state, stamped with its own revision', () => {
    const storage = createStorage()
    put(storage, 'a', '1')
    const events: StorageEvent[] = []
    storage.watch('configmaps', 1, (event) => void events.push(event))
    remove(storage, 'a')
    expect(events[0]?.current.object).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', resourceVersion: '2' },
      data: { data: '1' },
    })
  })

  test('listeners that write hear everything in the order of the revisions', () => {
    const storage = createStorage()
    const heard: string[] = []
    storage.watch('configmaps', 0, (event) => {
      if (event.current.key === 'a') put(storage, 'b', '1')
    })
    storage.watch('configmaps', 0, (event) => void heard.push(event.current.key))
    put(storage, 'a', '1')
    expect(heard).toEqual(['a', 'b'])
  })

  test('who begins to listen while an event is told hears it once', () => {
    const storage = createStorage()
    const heard: number[] = []
    storage.watch('configmaps', 0, () => {
      if (heard.length === 0) storage.watch('configmaps', 0, (event) => void heard.push(event.revision))
    })
    put(storage, 'a', '1')
    expect(heard).toEqual([1])
  })
})

test('a listener that throws costs nobody else anything', () => {
  const faults: unknown[] = []
  const storage = createStorage({ onListenerFault: (error) => void faults.push(error) })
  const heard: string[] = []
  storage.watch('configmaps', 0, () => {
    throw new Error('no')
  })
  storage.watch('configmaps', 0, (event) => void heard.push(event.current.key))
  put(storage, 'a', '1')
  put(storage, 'b', '1')
  expect([heard, faults.length]).toEqual([['a', 'b'], 1])
})

/** A disk that takes or refuses batches when told to. */
class FakeJournal implements Journal {
  readonly wantsCompaction = false
  readonly batches: { readonly records: readonly JournalRecord[]; readonly settle: (error?: Error) => void }[] = []

  append(records: readonly JournalRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.batches.push({ records, settle: (error) => (error === undefined ? resolve() : reject(error)) })
    })
  }

  compact(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

describe('durability', () => {
  test('[S3] the writes of one turn go to the disk together, later ones in the next batch', async () => {
    const journal = new FakeJournal()
    const storage = createStorage({ journal })
    put(storage, 'a', '1')
    put(storage, 'b', '1')
    await settled()
    put(storage, 'c', '1')
    await settled()
    expect(journal.batches.map(({ records }) => records.map((record) => record.key))).toEqual([['a', 'b']])
    journal.batches[0]?.settle()
    await settled()
    expect(journal.batches[1]?.records.map((record) => record.key)).toEqual(['c'])
  })

  test('[S3] nobody hears of a write, and nobody need believe it, before it is on the disk', async () => {
    const journal = new FakeJournal()
    const storage = createStorage({ journal })
    const heard: string[] = []
    storage.watch('configmaps', 0, (event) => void heard.push(event.current.key))
    const revision = put(storage, 'a', '1')
    await settled()
    expect([heard, storage.published]).toEqual([[], 0])
    const wait = storage.durable(revision)
    journal.batches[0]?.settle()
    await wait
    expect([heard, storage.published, storage.durable(revision)]).toEqual([['a'], 1, undefined])
  })

  test('[S4] a write that the disk refuses is taken back with those that build on it, and the state is as before', async () => {
    const journal = new FakeJournal()
    const changes: string[] = []
    const observe = (_resource: string, current: unknown, previous: unknown): void => {
      changes.push(current === undefined ? 'remove' : previous === undefined ? 'add' : 'change')
    }
    const storage = createStorage({ journal, observe })
    put(storage, 'a', '1')
    await settled()
    journal.batches[0]?.settle()
    await settled()
    const first = put(storage, 'a', '2')
    await settled()
    const second = put(storage, 'b', '1')
    const waits = [storage.durable(first), storage.durable(second)]
    journal.batches[1]?.settle(new Error('no space left'))
    for (const wait of waits) await expect(wait).rejects.toThrow(StorageFailure)
    expect(storage.get('configmaps', 'a')?.object['data']).toEqual({ data: '1' })
    expect(keys(storage.list('configmaps'))).toEqual(['a'])
    expect(changes).toEqual(['add', 'change', 'add', 'remove', 'change'])
    const third = put(storage, 'c', '1')
    await settled()
    journal.batches[2]?.settle()
    await storage.durable(third)
    expect(keys(storage.list('configmaps'))).toEqual(['a', 'c'])
  })
})
