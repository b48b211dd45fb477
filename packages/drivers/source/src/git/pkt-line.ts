import { gitError, limitExceeded, protocolError } from './git-failure.ts'

/** One packet of the Git wire protocol. `eof` stands for the end of the stream. */
export type Packet =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'flush' | 'delimiter' | 'end' | 'eof' }

const maxPacket = 65_520

/** Frames one line; a line feed is added, as Git writes text packets. */
export function pktLine(text: string): Buffer {
  const data = Buffer.from(`${text}\n`)
  if (data.length + 4 > maxPacket) throw protocolError('a line to send is too long')
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data])
}

export const flushPacket: Buffer = Buffer.from('0000')
export const delimiterPacket: Buffer = Buffer.from('0001')

/** Reads packets from a stream of bytes and counts them against a limit. */
export class PacketReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #limit: { readonly name: string; readonly bytes: number }
  #buffer: Buffer = Buffer.alloc(0)
  #total = 0

  constructor(chunks: AsyncIterable<Uint8Array>, limit: { readonly name: string; readonly bytes: number }) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#limit = limit
  }

  /** The next packet; throws `ProtocolError` on bad framing and the server's own words when it sends an error. */
  async next(): Promise<Packet> {
    if (!(await this.#fill(4))) {
      if (this.#buffer.length > 0) throw protocolError('it ends inside a packet')
      return { kind: 'eof' }
    }
    const text = this.#buffer.toString('latin1', 0, 4)
    if (!/^[0-9a-fA-F]{4}$/.test(text)) throw protocolError('a packet has no length')
    const length = Number.parseInt(text, 16)
    if (length < 4) {
      this.#take(4)
      if (length === 3) throw protocolError('a packet has an impossible length')
      return { kind: length === 0 ? 'flush' : length === 1 ? 'delimiter' : 'end' }
    }
    if (length > maxPacket + 4) throw protocolError('a packet is too long')
    if (!(await this.#fill(length))) throw protocolError('it ends inside a packet')
    const data = this.#take(length).subarray(4)
    if (data.subarray(0, 4).equals(errorMark)) throw serverSaid(data.toString('utf8', 4))
    return { kind: 'data', data }
  }

  /** The next packet as text without its line feed; undefined at a flush, a delimiter or the end. */
  async nextLine(): Promise<string | undefined> {
    const packet = await this.next()
    return packet.kind === 'data' ? lineOf(packet.data) : undefined
  }

  /** Ends the stream early; its connection is closed. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  /** Reads what is left after the last packet, which should be nothing, so that the connection can be used again. */
  async finish(): Promise<void> {
    while (await this.#fill(this.#buffer.length + 1)) this.#buffer = Buffer.alloc(0)
  }

  async #fill(length: number): Promise<boolean> {
    while (this.#buffer.length < length) {
      const { value, done } = await this.#chunks.next()
      if (done === true) return false
      const chunk: Uint8Array = value
      this.#total += chunk.length
      if (this.#total > this.#limit.bytes) {
        throw limitExceeded(this.#limit.name, this.#limit.bytes, "the Git server's answer")
      }
      this.#buffer = this.#buffer.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#buffer, chunk])
    }
    return true
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }
}

/** A data packet as text without its line feed. */
export function lineOf(data: Buffer): string {
  return data.toString('utf8', 0, data.at(-1) === 0x0a ? data.length - 1 : data.length)
}

const errorMark = Buffer.from('ERR ')

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

/** The failure for an error that the server put into words. */
export function serverSaid(text: string): Error {
  const words = plain(text)
  if (/not our ref|unadvertised object|no such object|couldn't find remote ref|want [0-9a-f]+ not valid/i.test(words)) {
    return gitError('CommitNotFound', `the Git server does not have the commit: ${words}`, 'check that it was pushed')
  }
  if (/not found|not exported|does not appear to be/i.test(words)) {
    return gitError('RepositoryNotFound', `the Git server says: ${words}`, 'check the URL and the access rights')
  }
  return gitError('ServerError', `the Git server says: ${words}`)
}

/** A server's words must not steer a terminal, nor go on for ever. */
function plain(text: string): string {
  const printable = text.slice(0, 1000).replace(/\p{Cc}+/gu, ' ')
  return printable.trim().slice(0, 200)
}
