/** One field as it stands in a message: its number and the value by wire type. */
export interface WireField {
  readonly number: number
  readonly value: bigint | Uint8Array
  /** 0 varint, 1 eight bytes, 2 counted bytes, 5 four bytes. */
  readonly wireType: number
}

/** Bytes that are no protobuf message. */
export class WireError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireError'
  }
}

/** The fields of a message, in the order they were written. Throws WireError where the bytes make no message. */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new WireReader(bytes)
  while (!reader.isAtEnd) {
    const tag = reader.varint()
    const number = Number(tag >> 3n)
    const wireType = Number(tag & 7n)
    if (number === 0) throw new WireError('field number 0')
    yield { number, wireType, value: reader.value(wireType) }
  }
}

/** The varints of a packed list. */
export function readPacked(bytes: Uint8Array): bigint[] {
  const reader = new WireReader(bytes)
  const out: bigint[] = []
  while (!reader.isAtEnd) out.push(reader.varint())
  return out
}

class WireReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw new WireError('unexpected end of message')
      this.#at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new WireError('number longer than 64 bits')
  }

  value(wireType: number): bigint | Uint8Array {
    switch (wireType) {
      case 0:
        return this.varint()
      case 1:
        return this.#take(8)
      case 2:
        return this.#take(Number(this.varint()))
      case 5:
        return this.#take(4)
      default:
        throw new WireError(`wire type ${wireType}`)
    }
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new WireError('unexpected end of message')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }
}
