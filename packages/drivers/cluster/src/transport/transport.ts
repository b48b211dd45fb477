/** One HTTP call to a Kubernetes API, before anything is known of sockets. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query, relative to the API's root: `/api/v1/namespaces?limit=5`. */
  readonly path: string
  /** Lower-case names. Authentication is added by the transport. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** A JSON value; the transport encodes it. */
  readonly body?: unknown
  /** Ends the call early. The transport then rejects with a TransportError. */
  readonly signal?: AbortSignal
}

/** A whole answer. `body` is the decoded JSON, or the text where the server sent something else. */
export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Receives the JSON values of a stream in order. `ended` is called exactly once, unless the stream was closed by its reader. */
export interface StreamSink {
  /** The server accepted the stream; values follow. */
  opened(): void
  value(value: unknown): void
  /** Without an error when the server ended it in good order. */
  ended(error?: Error): void
}

/** A stream that is under way; after `close` the sink is not called again. */
export interface StreamHandle {
  close(): void
}

/** How calls reach an API server: over HTTP, or in the same process. */
export interface Transport {
  /** Streams always begin with the present state, whatever resourceVersion is asked for, and cannot go silent. */
  readonly replays?: boolean
  /** Resolves with every answer that could be read, whatever its status; rejects with TransportError otherwise. */
  request(call: Call): Promise<Answer>
  /** Opens a stream of JSON values, one a line, such as a watch. */
  stream(call: Call, sink: StreamSink): StreamHandle
  /** Ends what is under way and frees the connections. */
  close(): Promise<void>
}

/** No usable answer came. `sent` is false when the server cannot have seen the request. */
export class TransportError extends Error {
  readonly sent: boolean
  readonly kind: 'connect' | 'untrusted' | 'broken' | 'unreadable' | 'aborted' | 'too-large'

  constructor(kind: TransportError['kind'], message: string, options: { sent: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TransportError'
    this.kind = kind
    this.sent = options.sent
  }
}
