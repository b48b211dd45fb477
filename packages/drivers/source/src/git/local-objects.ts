import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { applyDelta, readDeltaHeader } from './delta.ts'
import { gitError, limitExceeded, objectInvalid, packInvalid } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import { type ObjectFormat, type ObjectType, objectId } from './object-format.ts'
import { type PackEntryHeader, maxEntryHeader, readPackEntryHeader } from './pack-entry.ts'
import { PackIndex } from './pack-index.ts'
import { type StoredObject, inflateExactly, storeObject } from './stored-object.ts'
import { readLooseHead } from './loose-object.ts'

/** The objects of a repository on disk, loose and packed. Reads are small and synchronous; every id is verified. */
export interface LocalObjects {
  /** A verified object, held in memory from then on; undefined when the repository does not have it. */
  read(id: string): StoredObject | undefined
  /** Closes the packs. */
  close(): void
}

interface Pack {
  readonly index: PackIndex
  readonly file: number
  readonly size: number
}

/** Opens the object store of a repository; alternates are refused, for they lead anywhere on the disk. */
export function openLocalObjects(
  folder: string,
  options: { readonly format: ObjectFormat; readonly limits: GitLimits },
): LocalObjects {
  if (existsSync(path.join(folder, 'info', 'alternates'))) {
    throw gitError('RepositoryUnsupported', 'the repository borrows objects from another one', 'run git repack -a -d')
  }
  return new DiskObjects(folder, options.format, options.limits)
}

class DiskObjects implements LocalObjects {
  readonly #folder: string
  readonly #format: ObjectFormat
  readonly #limits: GitLimits
  #packs: readonly Pack[] | undefined

  constructor(folder: string, format: ObjectFormat, limits: GitLimits) {
    this.#folder = folder
    this.#format = format
    this.#limits = limits
  }

  read(id: string): StoredObject | undefined {
    const loose = this.#readLoose(id)
    if (loose !== undefined) return loose
    const packed = this.#readPacked(id)
    if (packed === undefined) return undefined
    const found = objectId(this.#format, packed.type, packed.content)
    if (found !== id) throw objectInvalid(`object ${id} is damaged on disk`)
    return storeObject(id, packed.type, {
      size: packed.content.length,
      form: { kind: 'whole', content: packed.content },
    })
  }

  close(): void {
    for (const pack of this.#packs ?? []) closeSync(pack.file)
    this.#packs = undefined
  }

  #readLoose(id: string): StoredObject | undefined {
    const file = path.join(this.#folder, id.slice(0, 2), id.slice(2))
    const deflated = readBounded(file, this.#limits.maxObjectBytes)
    if (deflated === undefined) return undefined
    const { type, size, prefix } = readLooseHead(deflated, id)
    if (size > this.#limits.maxObjectBytes) throw this.#tooLarge()
    const content = inflateExactly(deflated, prefix + size).bytes.subarray(prefix)
    if (objectId(this.#format, type, content) !== id) throw objectInvalid(`object ${id} is damaged on disk`)
    return storeObject(id, type, { size, form: { kind: 'deflated', deflated, prefix }, content })
  }

  #readPacked(id: string): Content | undefined {
    for (const pack of this.#openPacks()) {
      const offset = pack.index.offsetOf(id)
      if (offset !== undefined) return this.#readAt(pack, offset)
    }
    return undefined
  }

  #readAt(pack: Pack, offset: number): Content {
    const deltas: Uint8Array[] = []
    let at = offset
    for (;;) {
      const { header, data } = this.#readEntry(pack, at)
      if (header.type !== 'offset-delta' && header.type !== 'id-delta') {
        return { type: header.type, content: this.#applyAll(data, deltas) }
      }
      deltas.push(data)
      if (deltas.length > this.#limits.maxDeltaDepth) {
        throw limitExceeded('maxDeltaDepth', this.#limits.maxDeltaDepth, 'a chain of deltas')
      }
      const base = header.distance === undefined ? pack.index.offsetOf(header.baseId ?? '') : at - header.distance
      if (base === undefined || base < 12) throw packInvalid('a delta has no base')
      at = base
    }
  }

  #applyAll(content: Uint8Array, deltas: readonly Uint8Array[]): Uint8Array {
    return deltas.toReversed().reduce((base, delta) => {
      if (readDeltaHeader(delta).resultSize > this.#limits.maxObjectBytes) throw this.#tooLarge()
      return applyDelta(base, delta)
    }, content)
  }

  #readEntry(pack: Pack, offset: number): { header: PackEntryHeader; data: Uint8Array } {
    const end = pack.index.nextOffset(offset) ?? pack.size - this.#format.size
    const length = end - offset
    if (length <= 0 || length > this.#limits.maxObjectBytes + maxEntryHeader + 1024) throw this.#tooLarge()
    const bytes = Buffer.alloc(length)
    if (readSync(pack.file, bytes, 0, length, offset) !== length) throw packInvalid('it is cut off')
    const header = readPackEntryHeader(bytes, 0, this.#format)
    if (header === undefined) throw packInvalid('it is cut off')
    if (header.size > this.#limits.maxObjectBytes) throw this.#tooLarge()
    return { header, data: inflateExactly(bytes.subarray(header.dataStart), header.size).bytes }
  }

  #openPacks(): readonly Pack[] {
    this.#packs ??= listPacks(path.join(this.#folder, 'pack')).map((file): Pack => {
      const index = readBounded(file.replace(/\.pack$/, '.idx'), this.#limits.maxPackBytes)
      if (index === undefined) throw packInvalid('its index is missing')
      return { index: new PackIndex(index, this.#format), file: openSync(file, 'r'), size: statSync(file).size }
    })
    return this.#packs
  }

  #tooLarge(): Error {
    return limitExceeded('maxObjectBytes', this.#limits.maxObjectBytes, 'an object of the repository')
  }
}

interface Content {
  readonly type: ObjectType
  readonly content: Uint8Array
}

function listPacks(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(
      (name) => /^pack-[0-9a-f]+\.pack$/.test(name) && existsSync(path.join(folder, name.replace(/pack$/, 'idx'))),
    )
    .map((name) => path.join(folder, name))
}

/** The bytes of a file; undefined when there is none. */
export function readBounded(file: string, limit: number): Buffer | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat?.isFile() !== true) return undefined
  if (stat.size > limit) throw limitExceeded('maxObjectBytes', limit, 'a file of the repository')
  try {
    // Small reads share slabs of 64 KiB, and one object that is kept would keep its whole slab.
    return Buffer.from(new Uint8Array(readFileSync(file)).buffer)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
