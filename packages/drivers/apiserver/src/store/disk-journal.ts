import { constants, type PathLike } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { decodeRecords, encodeRecord } from './record-file.ts'
import type { Journal, JournalRecord, ResourceState } from './storage.ts'

/** A log longer than this is worth a snapshot. */
const compactBytes = 64 * 1024 * 1024

/** Records of a snapshot written at once. */
const snapshotBatch = 1000

/** What a data folder held when it was opened. */
export interface Loaded {
  readonly revision: number
  readonly records: Iterable<JournalRecord>
}

/**
 * A log and a snapshot in a folder: `snapshot-<n>` is the state before the first record of `log-<n>`. Appends are on
 * the disk (fdatasync) before they resolve. The end of a log that a crash tore is cut off; nothing before it is lost.
 */
export async function openJournal(folder: string): Promise<{ readonly journal: Journal; readonly loaded: Loaded }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await takeLock(path.join(folder, 'lock'))
  try {
    const found = await findFiles(folder)
    const loaded = await loadState(folder, found)
    const number = found.logs.at(-1) ?? 1
    const file = await open(path.join(folder, `log-${number}`), constants.O_RDWR | constants.O_CREAT, 0o600)
    await file.truncate(loaded.lastLogLength)
    return { journal: new DiskJournal({ folder, lock, number, file, size: loaded.lastLogLength }), loaded }
  } catch (error) {
    await lock.release()
    throw error
  }
}

interface Lock {
  release(): Promise<void>
}

/** One process per folder; the lock of a process that is gone does not count. */
async function takeLock(file: string): Promise<Lock> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      await handle.close()
      held.add(file)
      return {
        release: async () => {
          held.delete(file)
          await rm(file, { force: true })
        },
      }
    } catch (error) {
      if (!isCode(error, 'EEXIST') || attempt === 3) throw error
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''))
    if (owner > 0 && owner !== process.pid && isAlive(owner)) {
      throw new FailureError({
        code: 'data-folder-in-use',
        message: `${path.dirname(file)} is used by process ${owner}`,
        fix: 'stop that process, or name another folder',
      })
    }
    if (owner === process.pid && held.has(file)) {
      throw new FailureError({ code: 'data-folder-in-use', message: `${path.dirname(file)} is already open here` })
    }
    await rm(file, { force: true })
  }
}

/** Locks of this very process, which a process id alone does not tell from a stale one. */
const held = new Set<string>()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

interface FoundFiles {
  readonly snapshot: number | undefined
  /** Logs from the snapshot on, in order. */
  readonly logs: readonly number[]
}

async function findFiles(folder: string): Promise<FoundFiles> {
  const names = await readdir(folder)
  const numbers = (kind: string): number[] =>
    names
      .map((name) => new RegExp(`^${kind}-(\\d+)$`).exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .toSorted((a, b) => a - b)
  const snapshot = numbers('snapshot').at(-1)
  return { snapshot, logs: numbers('log').filter((number) => number >= (snapshot ?? 0)) }
}

async function loadState(folder: string, found: FoundFiles): Promise<Loaded & { readonly lastLogLength: number }> {
  const state = new Map<string, JournalRecord>()
  let revision = 0
  let lastLogLength = 0
  const take = (records: readonly JournalRecord[]): void => {
    for (const record of records) {
      revision = Math.max(revision, record.revision)
      const key = `${record.resource}\0${record.key}`
      if (record.stored === undefined) state.delete(key)
      else state.set(key, record)
    }
  }
  if (found.snapshot !== undefined) take(await readWhole(path.join(folder, `snapshot-${found.snapshot}`)))
  for (const [at, number] of found.logs.entries()) {
    const file = path.join(folder, `log-${number}`)
    const bytes = await readFile(file)
    const { records, length } = decodeRecords(bytes)
    const isLast = at === found.logs.length - 1
    if (length < bytes.length && !isLast) throw damaged(file, length)
    take(records)
    if (isLast) lastLogLength = length
  }
  const records = [...state.values()].toSorted((a, b) =>
    `${a.resource}\0${a.key}` < `${b.resource}\0${b.key}` ? -1 : 1,
  )
  return { revision, records, lastLogLength }
}

async function readWhole(file: string): Promise<readonly JournalRecord[]> {
  const bytes = await readFile(file)
  const { records, length } = decodeRecords(bytes)
  if (length < bytes.length) throw damaged(file, length)
  return records
}

function damaged(file: string, at: number): FailureError {
  return new FailureError({
    code: 'data-damaged',
    message: `${file} is damaged at byte ${at}`,
    fix: 'restore the folder from a copy, or start with an empty one',
  })
}

class DiskJournal implements Journal {
  readonly #folder: string
  readonly #lock: Lock
  #number: number
  #file: FileHandle
  #size: number
  #snapshot: Promise<void> | undefined
  #broken: Error | undefined

  constructor(open: {
    readonly folder: string
    readonly lock: Lock
    readonly number: number
    readonly file: FileHandle
    readonly size: number
  }) {
    this.#folder = open.folder
    this.#lock = open.lock
    this.#number = open.number
    this.#file = open.file
    this.#size = open.size
  }

  get wantsCompaction(): boolean {
    return this.#size > compactBytes && this.#snapshot === undefined
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    const bytes = Buffer.concat(records.flatMap(encodeRecord))
    try {
      await writeAll(this.#file, bytes, this.#size)
      await this.#file.datasync()
    } catch (error) {
      await this.#cutOff()
      throw new Error(`${this.#folder}: ${reasonOf(error)}`, { cause: error })
    }
    this.#size += bytes.length
  }

  /** What may have been written of refused records must not come back after a restart. */
  async #cutOff(): Promise<void> {
    try {
      await this.#file.truncate(this.#size)
    } catch (error) {
      const message = `${this.#folder}: a refused change cannot be cut off the log (${reasonOf(error)}); restart`
      this.#broken = new Error(message, { cause: error })
    }
  }

  async compact(revision: number, state: readonly ResourceState[]): Promise<void> {
    const next = this.#number + 1
    const file = await open(path.join(this.#folder, `log-${next}`), 'wx+', 0o600)
    await syncFolder(this.#folder)
    const before = this.#file
    this.#number = next
    this.#file = file
    this.#size = 0
    await before.close()
    this.#snapshot = this.#writeSnapshot(next, revision, state)
      .catch(() => undefined)
      .finally(() => {
        this.#snapshot = undefined
      })
  }

  async close(): Promise<void> {
    await this.#snapshot
    await this.#file.close()
    await this.#lock.release()
  }

  async #writeSnapshot(number: number, revision: number, state: readonly ResourceState[]): Promise<void> {
    const target = path.join(this.#folder, `snapshot-${number}`)
    const draft = `${target}.draft`
    const file = await open(draft, 'w', 0o600)
    try {
      let size = 0
      const write = async (records: readonly JournalRecord[]): Promise<void> => {
        const bytes = Buffer.concat(records.flatMap(encodeRecord))
        await writeAll(file, bytes, size)
        size += bytes.length
      }
      // The counter itself, which the latest deletion may have left above every object.
      await write([{ revision, resource: '', key: '', stored: undefined }])
      for (const { resource, objects } of state) {
        for (let at = 0; at < objects.length; at += snapshotBatch) {
          const batch = objects.slice(at, at + snapshotBatch)
          await write(batch.map((stored) => ({ revision: stored.revision, resource, key: stored.key, stored })))
        }
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
    await syncFolder(this.#folder)
    await removeOlder(this.#folder, number)
  }
}

async function removeOlder(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = /^(?:log|snapshot)-(\d+)$/.exec(name)
    if (match !== null && Number(match[1]) < number) await rm(path.join(folder, name), { force: true })
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    if (bytesWritten === 0) throw new Error('the disk took nothing')
    done += bytesWritten
  }
}

async function syncFolder(folder: PathLike): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function reasonOf(error: unknown): string {
  if (isCode(error, 'ENOSPC')) return 'no space left on the disk; free some and try again'
  if (isCode(error, 'EDQUOT')) return 'the disk quota is used up; free some space and try again'
  return error instanceof Error ? error.message : 'unknown reason'
}
