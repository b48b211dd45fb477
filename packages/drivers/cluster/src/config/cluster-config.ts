import type { IdentityInput } from '../client/identity.ts'

/** What is needed to talk to one API server as one user. */
export interface ClusterConfig {
  /** For people and metrics: the context's name. */
  readonly name: string
  /** `https://host:port`, with a path where the API is not at the root. */
  readonly server: string
  /** The namespace that the context names, `default` without one. */
  readonly namespace: string
  readonly tls: ClusterTls
  /** An HTTP proxy that all connections go through. */
  readonly proxyUrl?: string
  /** Whom every request is made as, where the credentials are another's. */
  readonly impersonate?: IdentityInput
  /** The present credentials; asked for each request, so that it must answer from memory most of the time. */
  credentials(): Promise<Credentials>
  /** Forgets remembered credentials, because the server refused them. Absent where they cannot change. */
  renew?(): void
}

/** How the server is recognised. */
export interface ClusterTls {
  /** PEM; the system's authorities where absent. */
  readonly ca?: string
  readonly serverName?: string
  readonly insecure: boolean
}

/** How the client is recognised. */
export interface Credentials {
  /** The value of the Authorization header. */
  readonly authorization?: string
  /** PEM of the client certificate and its key. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}
