import { TransportError } from './transport.ts'

/** Cuts chunks of bytes into lines of text. */
export interface LineReader {
  /** The lines completed by this chunk, one by one and without their ends; empty lines are left out. */
  push(chunk: Uint8Array): Iterable<string>
  /** Bytes of a line that has begun. */
  pending(): number
}

const newline = 0x0a

/** A line reader that throws TransportError when a line exceeds `maxLineBytes`. */
export function lineReader(maxLineBytes: number): LineReader {
  const decoder = new TextDecoder()
  let parts: Uint8Array[] = []
  let size = 0

  function take(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    size += chunk.length
    if (size > maxLineBytes) {
      throw new TransportError('too-large', `a line of the stream exceeds ${maxLineBytes} bytes`, { sent: true })
    }
    parts.push(chunk)
  }

  function finish(): string {
    const [first] = parts
    const text =
      parts.length === 1 && first !== undefined ? decoder.decode(first) : decoder.decode(Buffer.concat(parts))
    parts = []
    size = 0
    return text
  }

  return {
    *push(chunk) {
      let start = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        take(chunk.subarray(start, end))
        start = end + 1
        const line = finish()
        if (line.trim() !== '') yield line
      }
      take(chunk.subarray(start))
    },
    pending: () => size,
  }
}
