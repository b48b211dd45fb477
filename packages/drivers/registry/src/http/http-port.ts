/** What a connection is secured with. Texts are PEM. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Whether the certificate of the server is taken as it is. */
  readonly insecure?: boolean
}

/** A proxy, with credentials kept apart from the address. */
export interface ProxyOptions {
  readonly address: string
  readonly username?: string
  readonly password?: string
}

/** One request. The port does not follow redirects. */
export interface HttpRequest {
  readonly url: URL
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  readonly signal: AbortSignal
}

/** The head of an answer, and its body as it comes. A body that is not read must be dropped. */
export interface HttpResponse {
  readonly status: number
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined
  readonly body: AsyncIterable<Uint8Array>
  drop(): Promise<void>
}

/** The way out of the process; it judges addresses when it connects. The egress client of the sources fits. */
export interface HttpPort {
  request(request: HttpRequest): Promise<HttpResponse>
}

/** How a server is reached. */
export interface Connection {
  readonly http: HttpPort
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  /** Without it only https is spoken. */
  readonly allowPlainHttp?: boolean
}
