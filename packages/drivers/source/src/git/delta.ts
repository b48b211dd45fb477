import { packInvalid } from './git-failure.ts'

/** Sizes that a delta states: of the base it applies to and of the result. */
export interface DeltaHeader {
  readonly baseSize: number
  readonly resultSize: number
  /** Where the instructions begin. */
  readonly start: number
}

/** Reads the two sizes at the head of a delta. */
export function readDeltaHeader(delta: Uint8Array): DeltaHeader {
  const base = readSize(delta, 0)
  const result = readSize(delta, base.next)
  return { baseSize: base.size, resultSize: result.size, start: result.next }
}

/** The result of a delta on its base; throws `PackInvalid` unless every instruction and both sizes fit exactly. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const { baseSize, resultSize, start } = readDeltaHeader(delta)
  if (baseSize !== base.length) throw packInvalid('a delta does not fit its base')
  const result = new Uint8Array(resultSize)
  let at = start
  let filled = 0
  while (at < delta.length) {
    const code = delta[at] ?? 0
    at += 1
    if (code === 0) throw packInvalid('a delta holds a reserved instruction')
    if ((code & 0x80) === 0) {
      if (at + code > delta.length || filled + code > resultSize) throw packInvalid('a delta inserts past its end')
      result.set(delta.subarray(at, at + code), filled)
      at += code
      filled += code
      continue
    }
    const copy = readCopy(delta, at, code)
    if (copy.offset + copy.size > base.length || filled + copy.size > resultSize) {
      throw packInvalid('a delta copies past an end')
    }
    result.set(base.subarray(copy.offset, copy.offset + copy.size), filled)
    at = copy.next
    filled += copy.size
  }
  if (filled !== resultSize) throw packInvalid('a delta is shorter than it states')
  return result
}

function readCopy(delta: Uint8Array, from: number, code: number): { offset: number; size: number; next: number } {
  let at = from
  let offset = 0
  let size = 0
  for (let bit = 0; bit < 7; bit += 1) {
    if ((code & (1 << bit)) === 0) continue
    const byte = delta[at]
    if (byte === undefined) throw packInvalid('a delta ends inside an instruction')
    at += 1
    if (bit < 4) offset += byte * 2 ** (8 * bit)
    else size += byte * 2 ** (8 * (bit - 4))
  }
  return { offset, size: size === 0 ? 0x10000 : size, next: at }
}

function readSize(delta: Uint8Array, from: number): { size: number; next: number } {
  let size = 0
  let scale = 1
  for (let at = from; at < delta.length && at < from + 7; at += 1) {
    const byte = delta[at] ?? 0
    size += (byte & 0x7f) * scale
    scale *= 128
    if ((byte & 0x80) === 0) return { size, next: at + 1 }
  }
  throw packInvalid('a delta states no size')
}
