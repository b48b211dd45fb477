import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from './disk-journal.ts'
import { createStorage } from './memory-storage.ts'
import type { Storage } from './storage.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kedge-journal-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function open(): Promise<Storage> {
  return createStorage(await openJournal(folder))
}

async function put(storage: Storage, key: string, data: string): Promise<void> {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: key }, data: { data } }
  await storage.durable(storage.write({ kind: 'put', resource: 'configmaps', key, object }).revision)
}

function state(storage: Storage): readonly unknown[] {
  return storage.list('configmaps').map((stored) => [stored.key, stored.revision, stored.object['data']])
}

test('objects, deletions and the counter outlive a restart', async () => {
  const first = await open()
  await put(first, 'a', '1')
  await put(first, 'b', 'ü')
  await put(first, 'a', '2')
  await first.durable(first.write({ kind: 'remove', resource: 'configmaps', key: 'b' }).revision)
  await first.close()
  const second = await open()
  expect([state(second), second.revision]).toEqual([[['a', 3, { data: '2' }]], 4])
  expect(second.watch('configmaps', 2, () => undefined)).toBeUndefined()
  await second.close()
})

test('[S5] a log whose end was torn by a crash loses that end only', async () => {
  const first = await open()
  await put(first, 'a', '1')
  await put(first, 'b', '1')
  await first.close()
  const log = path.join(folder, 'log-1')
  const whole = await readFile(log)
  for (let length = whole.length - 1; length > whole.length / 2; length -= 1) {
    await writeFile(log, whole)
    await truncate(log, length)
    const again = await open()
    expect(state(again)).toEqual([['a', 1, { data: '1' }]])
    await put(again, 'c', '1')
    await again.close()
    const last = await open()
    expect(state(last).map((each) => (each as unknown[])[0])).toEqual(['a', 'c'])
    await last.close()
  }
})

test('[S5] garbage after the last record is cut off', async () => {
  const first = await open()
  await put(first, 'a', '1')
  await first.close()
  await appendFile(path.join(folder, 'log-1'), 'garbage that is no record')
  const second = await open()
  expect(state(second)).toEqual([['a', 1, { data: '1' }]])
  await second.close()
})

test('[S6] a snapshot takes the place of the log before it', async () => {
  const { journal, loaded } = await openJournal(folder)
  const storage = createStorage({ journal, loaded })
  await put(storage, 'a', '1')
  await put(storage, 'b', '1')
  await storage.durable(storage.write({ kind: 'remove', resource: 'configmaps', key: 'b' }).revision)
  await journal.compact(storage.revision, [{ resource: 'configmaps', objects: storage.list('configmaps') }])
  await put(storage, 'c', '1')
  await storage.close()
  expect((await readdir(folder)).toSorted()).toEqual(['log-2', 'snapshot-2'])
  const again = await open()
  expect([state(again), again.revision]).toEqual([
    [
      ['a', 1, { data: '1' }],
      ['c', 4, { data: '1' }],
    ],
    4,
  ])
  await again.close()
})

test('[S6] a snapshot that was not finished counts for nothing', async () => {
  const first = await open()
  await put(first, 'a', '1')
  await first.close()
  await writeFile(path.join(folder, 'snapshot-2.draft'), 'half')
  await writeFile(path.join(folder, 'log-2'), '')
  const second = await open()
  expect(state(second)).toEqual([['a', 1, { data: '1' }]])
  await second.close()
})

test('[S5] damage in the middle is told, not skipped', async () => {
  const first = await open()
  await put(first, 'a', '1')
  await first.close()
  await appendFile(path.join(folder, 'log-1'), 'garbage')
  await writeFile(path.join(folder, 'log-2'), '')
  await expect(open()).rejects.toThrow(/log-1 is damaged at byte/)
})

test('[S7] a folder belongs to one server at a time', async () => {
  const first = await open()
  await expect(open()).rejects.toThrow(/already open here/)
  await first.close()
  const second = await open()
  await second.close()
})

test('[S7] the lock of a process that is gone does not count', async () => {
  await writeFile(path.join(folder, 'lock'), '999999999')
  const storage = await open()
  await storage.close()
})
