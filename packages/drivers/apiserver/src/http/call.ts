import type { Draft, RequestUser } from '../contracts.ts'

/** What a request carries in its body: bytes from a socket, or a value from inside the process. */
export type CallBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'value'; readonly value: unknown }

/** One request, whichever way it came, its user known. */
export interface Call {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly user: RequestUser
  readonly accept: string
  readonly contentType: string
  readonly userAgent: string
  readonly body: CallBody
}

/** One thing that an answer can carry: a value, and the same as JSON bytes, each made when asked for. */
export interface Payload {
  value(): Readonly<Draft>
  bytes(): Buffer
}

/** One event of a watch, in the form the client asked for. */
export interface WatchItem {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  value(): Readonly<Draft>
  /** `{"type":…,"object":…}` and a line feed. */
  line(): Buffer
}

/** Where the events of one watch go. */
export interface WatchSink {
  send(item: WatchItem): void
  /** No more events: time is up or the watch failed. */
  end(): void
  /** Inside the process a watch is as good as its listener: it neither times out nor needs bookmarks. */
  readonly isLasting?: boolean
}

/** What a request is answered with. */
export type Answer =
  | {
      readonly kind: 'object'
      readonly status: number
      readonly payload: Payload
      readonly warnings?: readonly string[]
      /** `application/json;as=Table…` and the like; plain JSON when absent. */
      readonly contentType?: string
    }
  | { readonly kind: 'text'; readonly status: number; readonly contentType: string; readonly text: string | Buffer }
  /** `open` sends what is there already and returns how to stop. */
  | { readonly kind: 'watch'; readonly warnings?: readonly string[]; readonly open: (sink: WatchSink) => () => void }

/** A payload of a value that nobody will change any more. */
export function payloadOf(value: Readonly<Draft>): Payload {
  let bytes: Buffer | undefined
  return {
    value: () => value,
    bytes: () => {
      bytes ??= Buffer.from(JSON.stringify(value))
      return bytes
    },
  }
}

/** The answer that carries one object. */
export function objectAnswer(status: number, value: Readonly<Draft>, warnings?: readonly string[]): Answer {
  const payload = payloadOf(value)
  return warnings === undefined || warnings.length === 0
    ? { kind: 'object', status, payload }
    : { kind: 'object', status, payload, warnings }
}
