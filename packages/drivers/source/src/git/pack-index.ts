import { createHash } from 'node:crypto'
import { packInvalid } from './git-failure.ts'
import type { ObjectFormat } from './object-format.ts'

/** Where the objects of a pack on disk are: version 2 of the index, checked when it is opened. */
export class PackIndex {
  readonly #bytes: Buffer
  readonly #format: ObjectFormat
  readonly #count: number
  #sorted: Float64Array | undefined

  constructor(bytes: Buffer, format: ObjectFormat) {
    this.#bytes = bytes
    this.#format = format
    const { size } = format
    if (bytes.length < names || bytes.readUInt32BE(0) !== 0xff744f63 || bytes.readUInt32BE(4) !== 2) {
      throw packInvalid('its index is not of version 2')
    }
    this.#count = bytes.readUInt32BE(names - 4)
    if (bytes.length < names + this.#count * (size + 8) + 2 * size) throw packInvalid('its index is cut off')
    const sum = createHash(format.name).update(bytes.subarray(0, -size)).digest()
    if (!sum.equals(bytes.subarray(-size))) throw packInvalid('the checksum of its index does not fit')
  }

  /** The offset of an object in the pack; undefined when it is not there. */
  offsetOf(id: string): number | undefined {
    const wanted = Buffer.from(id, 'hex')
    const first = wanted[0] ?? 0
    let low = first === 0 ? 0 : this.#bytes.readUInt32BE(8 + (first - 1) * 4)
    let high = Math.min(this.#bytes.readUInt32BE(8 + first * 4), this.#count)
    while (low < high) {
      const middle = (low + high) >> 1
      const at = names + middle * this.#format.size
      const order = wanted.compare(this.#bytes, at, at + this.#format.size)
      if (order === 0) return this.#offsetAt(middle)
      if (order < 0) high = middle
      else low = middle + 1
    }
    return undefined
  }

  /** Where the object after the one at an offset begins; undefined for the last. */
  nextOffset(offset: number): number | undefined {
    this.#sorted ??= Float64Array.from({ length: this.#count }, (_, index) => this.#offsetAt(index)).toSorted()
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return this.#sorted[low]
  }

  /** Every id that begins with a prefix, at most `limit`. */
  idsWith(prefix: string, limit: number): readonly string[] {
    const found: string[] = []
    for (let index = 0; index < this.#count && found.length < limit; index += 1) {
      const at = names + index * this.#format.size
      const id = this.#bytes.toString('hex', at, at + this.#format.size)
      if (id.startsWith(prefix)) found.push(id)
    }
    return found
  }

  #offsetAt(index: number): number {
    const offsets = names + this.#count * (this.#format.size + 4)
    const short = this.#bytes.readUInt32BE(offsets + index * 4)
    if (short < 0x80000000) return short
    const at = offsets + this.#count * 4 + (short - 0x80000000) * 8
    if (at + 8 > this.#bytes.length) throw packInvalid('its index points outside itself')
    return this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4)
  }
}

/** Magic, version and the fan-out table come before the names. */
const names = 8 + 256 * 4
