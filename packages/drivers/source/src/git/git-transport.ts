/** One server, reached one way. HTTP is one implementation; SSH would be another. */
export interface GitTransport {
  /** Opens the conversation: the server's capabilities, and its refs where it does not speak version 2. */
  discover(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Sends one request of upload-pack and gives the answer as it comes. */
  request(body: Uint8Array, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}
