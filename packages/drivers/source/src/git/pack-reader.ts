import { createHash } from 'node:crypto'
import { applyDelta, readDeltaHeader } from './delta.ts'
import { GitError, limitExceeded, packInvalid } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import { type ObjectFormat, objectId } from './object-format.ts'
import { type PackEntryHeader, readPackEntryHeader } from './pack-entry.ts'
import { type StoredObject, inflateExactly, storeObject } from './stored-object.ts'

/** What a pack is read with. `baseOf` finds objects of earlier packs that deltas of a thin pack may build on. */
export interface PackOptions {
  readonly format: ObjectFormat
  readonly limits: GitLimits
  readonly signal?: AbortSignal
  baseOf?(id: string): StoredObject | undefined
}

const packHeader = 12
/** Inflated bytes below which a high ratio proves nothing. */
const ratioFloor = 32 * 1024 * 1024
/** Objects larger than this are inflated only when enough bytes have come to make their size believable. */
const largeObject = 4 * 1024 * 1024
const turnBytes = 4 * 1024 * 1024
const turnObjects = 1000

/**
 * Reads a pack as it arrives: each object is inflated and hashed as soon as its bytes are there, deltas are resolved at
 * the end, and the trailer must fit. Throws a GitError (`PackInvalid`, `LimitExceeded`) within the limits.
 */
export async function readPack(
  chunks: AsyncIterable<Uint8Array>,
  options: PackOptions,
): Promise<ReadonlyMap<string, StoredObject>> {
  const reader = new PackReader(options)
  for await (const chunk of chunks) {
    reader.push(chunk)
    while (reader.parse(false)) await turn(options.signal)
  }
  while (reader.parse(true)) await turn(options.signal)
  return reader.finish()
}

interface Entry {
  readonly offset: number
  readonly header: PackEntryHeader
  readonly end: number
  /** Set for objects that are no deltas. */
  readonly id?: string
}

class PackReader {
  readonly #options: PackOptions
  readonly #entries: Entry[] = []
  #bytes: Buffer = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  #position = packHeader
  #count = -1
  #inflated = 0
  /** Bytes that must have come before the next attempt on an object that was incomplete. */
  #await = 0

  constructor(options: PackOptions) {
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    const { maxPackBytes } = this.#options.limits
    if (length > maxPackBytes) throw limitExceeded('maxPackBytes', maxPackBytes, 'the pack')
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
    if (this.#count < 0 && length >= packHeader) this.#readHeader()
  }

  /** Parses what is complete; true when it stopped to let others run. `final` says that no bytes will follow. */
  parse(final: boolean): boolean {
    if (this.#count < 0) {
      if (final) throw packInvalid('it ends inside its header')
      return false
    }
    if (!final && this.#length < this.#await) return false
    let bytes = 0
    for (let objects = 0; this.#entries.length < this.#count; objects += 1) {
      if (objects >= turnObjects || bytes >= turnBytes) return true
      const entry = this.#parseEntry(final)
      if (entry === undefined) return false
      bytes += entry.header.size
      this.#entries.push(entry)
      this.#position = entry.end
    }
    return false
  }

  async finish(): Promise<ReadonlyMap<string, StoredObject>> {
    const { format } = this.#options
    const end = this.#length - format.size
    if (this.#position !== end) throw packInvalid('it holds bytes after its last object')
    // Objects keep views of this copy, so what was allocated ahead must not stay with it.
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#bytes = Buffer.alloc(0)
    const sum = createHash(format.name).update(bytes.subarray(0, end)).digest('hex')
    if (sum !== bytes.toString('hex', end)) throw packInvalid('its checksum does not fit')
    const resolver = new DeltaResolver(bytes, this.#entries, {
      options: this.#options,
      charge: (size) => this.#charge(size),
    })
    return resolver.resolve()
  }

  #readHeader(): void {
    const { maxObjects } = this.#options.limits
    if (this.#bytes.toString('latin1', 0, 4) !== 'PACK') throw packInvalid('it does not begin with PACK')
    const version = this.#bytes.readUInt32BE(4)
    if (version !== 2 && version !== 3) throw packInvalid(`its version ${version} is unknown`)
    this.#count = this.#bytes.readUInt32BE(8)
    if (this.#count > maxObjects) throw limitExceeded('maxObjects', maxObjects, 'the number of objects of the pack')
  }

  /** Undefined when more bytes are needed. */
  #parseEntry(final: boolean): Entry | undefined {
    const { format, limits } = this.#options
    const end = final ? this.#length - format.size : this.#length
    const bytes = this.#bytes.subarray(0, Math.max(end, 0))
    const header = readPackEntryHeader(bytes, this.#position, format)
    if (header === undefined) return this.#starved(final)
    if (header.size > limits.maxObjectBytes) throw tooLarge(limits)
    const available = bytes.length - header.dataStart
    if (header.size > largeObject && header.size > available * limits.maxRatio) {
      if (final) throw ratioExceeded(limits)
      return this.#starved(false)
    }
    const data = this.#inflate(bytes.subarray(header.dataStart), header.size, final)
    if (data === undefined) return undefined
    this.#charge(header.size)
    this.#chargeRatio()
    const entry = { offset: this.#position, header, end: header.dataStart + data.read }
    if (header.type === 'offset-delta' || header.type === 'id-delta') {
      const { resultSize } = readDeltaHeader(data.bytes)
      if (resultSize > limits.maxObjectBytes) throw tooLarge(limits)
      return entry
    }
    return { ...entry, id: objectId(format, header.type, data.bytes) }
  }

  #inflate(input: Uint8Array, size: number, final: boolean): { bytes: Uint8Array; read: number } | undefined {
    try {
      return inflateExactly(input, size)
    } catch (error) {
      if (final || !(error instanceof GitError) || !error.message.includes('it ends inside an object')) throw error
      return this.#starved(false)
    }
  }

  #starved(final: boolean): undefined {
    if (final) throw packInvalid('it ends before its last object')
    this.#await = this.#position + Math.ceil((this.#length - this.#position) * 1.5)
    return undefined
  }

  #charge(size: number): void {
    const { maxInflatedBytes } = this.#options.limits
    this.#inflated += size
    if (this.#inflated > maxInflatedBytes) {
      throw limitExceeded('maxInflatedBytes', maxInflatedBytes, 'the inflated content of the pack')
    }
  }

  /** Deltas are not held against the ratio: many files that are nearly equal are small for a good reason. */
  #chargeRatio(): void {
    const allowed = Math.max(ratioFloor, this.#length * this.#options.limits.maxRatio)
    if (this.#inflated > allowed) throw ratioExceeded(this.#options.limits)
  }
}

interface Resolving {
  readonly options: PackOptions
  readonly charge: (size: number) => void
}

/** A delta and what it applies to. `depth` counts the deltas from an object that is whole. */
interface Task {
  readonly entry: Entry
  readonly base: StoredObject
  readonly depth: number
}

/** Resolves deltas from their bases outwards, so that each is applied once and no order of the pack is a trap. */
class DeltaResolver {
  readonly #bytes: Buffer
  readonly #entries: readonly Entry[]
  readonly #with: Resolving
  readonly #objects = new Map<string, StoredObject>()
  readonly #onOffset = new Map<number, Entry[]>()
  readonly #onId = new Map<string, Entry[]>()
  readonly #recent = new RecentContents()
  #resolved = 0

  constructor(bytes: Buffer, entries: readonly Entry[], resolving: Resolving) {
    this.#bytes = bytes
    this.#entries = entries
    this.#with = resolving
  }

  async resolve(): Promise<ReadonlyMap<string, StoredObject>> {
    const wholes: { readonly entry: Entry; readonly object: StoredObject }[] = []
    for (const entry of this.#entries) {
      const { distance, baseId, type } = entry.header
      if (distance !== undefined) append(this.#onOffset, entry.offset - distance, entry)
      else if (baseId !== undefined) append(this.#onId, baseId, entry)
      else if (entry.id !== undefined && type !== 'offset-delta' && type !== 'id-delta') {
        const form = { kind: 'deflated', deflated: this.#dataOf(entry), prefix: 0 } as const
        wholes.push({ entry, object: storeObject(entry.id, type, { size: entry.header.size, form }) })
      }
    }
    await this.#run(wholes.flatMap(({ entry, object }) => this.#keep(entry, object, 0)))
    await this.#run(this.#onForeignBases())
    if (this.#resolved !== this.#entries.length) throw packInvalid('a delta has no base')
    return this.#objects
  }

  async #run(tasks: Task[]): Promise<void> {
    let bytes = 0
    let objects = 0
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      const object = this.#apply(task)
      for (const child of this.#keep(task.entry, object, task.depth)) tasks.push(child)
      bytes += object.size
      objects += 1
      if (bytes < turnBytes && objects < turnObjects) continue
      // Contents that are held weakly can be collected only after a turn.
      await turn(this.#with.options.signal)
      bytes = 0
      objects = 0
    }
  }

  /** Records an object, and hands out the deltas that waited for it, each once however often the pack repeats it. */
  #keep(entry: Entry, object: StoredObject, depth: number): readonly Task[] {
    this.#objects.set(object.id, object)
    this.#resolved += 1
    const children = [...(this.#onOffset.get(entry.offset) ?? []), ...(this.#onId.get(object.id) ?? [])]
    this.#onOffset.delete(entry.offset)
    this.#onId.delete(object.id)
    return children.map((child) => ({ entry: child, base: object, depth: depth + 1 }))
  }

  #onForeignBases(): Task[] {
    const found: Task[] = []
    for (const [id, entries] of this.#onId) {
      const base = this.#with.options.baseOf?.(id)
      if (base === undefined) continue
      this.#onId.delete(id)
      for (const entry of entries) found.push({ entry, base, depth: 1 })
    }
    return found
  }

  #apply({ entry, base, depth }: Task): StoredObject {
    const { format, limits } = this.#with.options
    if (depth > limits.maxDeltaDepth) throw limitExceeded('maxDeltaDepth', limits.maxDeltaDepth, 'a chain of deltas')
    const deflated = this.#dataOf(entry)
    const delta = inflateExactly(deflated, entry.header.size).bytes
    const { resultSize } = readDeltaHeader(delta)
    this.#with.charge(resultSize)
    const content = applyDelta(base.content(), delta)
    this.#recent.add(content)
    const id = objectId(format, base.type, content)
    // A delta on an object of an earlier pack is kept whole: chains must not grow from fetch to fetch.
    const form =
      this.#objects.get(base.id) === base
        ? ({ kind: 'delta', deflated, deltaSize: delta.length, base } as const)
        : ({ kind: 'whole', content } as const)
    return storeObject(id, base.type, { size: resultSize, form, content })
  }

  #dataOf(entry: Entry): Uint8Array {
    return this.#bytes.subarray(entry.header.dataStart, entry.end)
  }
}

const recentBytes = 32 * 1024 * 1024

/** Contents held strongly for the deltas that follow; the last few are nearly always the bases. */
class RecentContents {
  readonly #contents: Uint8Array[] = []
  #bytes = 0

  add(content: Uint8Array): void {
    this.#contents.push(content)
    this.#bytes += content.length
    while (this.#bytes > recentBytes || this.#contents.length > 16) this.#bytes -= this.#contents.shift()?.length ?? 0
  }
}

function append<K>(map: Map<K, Entry[]>, key: K, entry: Entry): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [entry])
  else list.push(entry)
}

function tooLarge(limits: GitLimits): GitError {
  return limitExceeded('maxObjectBytes', limits.maxObjectBytes, 'an object of the pack')
}

function ratioExceeded(limits: GitLimits): GitError {
  return limitExceeded('maxRatio', limits.maxRatio, 'the ratio of inflated to received bytes')
}

/** Lets other work run, and stops when the caller no longer waits. */
function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      if (signal?.aborted === true) reject(asError(signal.reason))
      else resolve()
    })
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted')
}
