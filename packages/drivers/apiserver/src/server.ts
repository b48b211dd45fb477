import type { Clock, Random, Timers } from '@kedge/base'
import type { LocalClient, RequestUser } from './contracts.ts'
import { builtInKinds } from './discovery/built-in.ts'
import { ResourceRegistry } from './discovery/registry.ts'
import type { Call } from './http/call.ts'
import { answerCall } from './http/chain.ts'
import { makeCertificates, type Certificates } from './http/certificates.ts'
import { kubeconfigText } from './http/kubeconfig.ts'
import { listen, type Listener } from './http/listener.ts'
import { localClient } from './http/local-client.ts'
import type { Parts } from './http/parts.ts'
import { createTokenIssuer, makeTokenKey } from './http/tokens.ts'
import { identify } from './http/authenticate.ts'
import { noProtobuf, openFields, openStrategy, openTypes } from './placeholders.ts'
import { createStorage } from './store/memory-storage.ts'

/** How to start the embedded API server. */
export interface ApiServerOptions {
  /** Where everything is kept; in memory when absent. */
  readonly dataDir?: string
  /** False for no socket at all: only `local` clients then. */
  readonly listen?: boolean
  /** 0 for any free one. */
  readonly port?: number
  readonly host?: string
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly authorization?: 'rbac' | 'always-allow'
  /** Called for faults that no client can be told of. */
  readonly onError?: (error: unknown) => void
}

/** A running API server. */
export interface ApiServer {
  /** `https://127.0.0.1:<port>`; empty without a socket. */
  readonly url: string
  readonly caPem: string
  /** A kubeconfig text of the administrator. */
  kubeconfig(): string
  /** A client in this process: the same chain as over the socket. */
  local(user?: RequestUser): LocalClient
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const administrator: RequestUser = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
}

/** Starts a Kubernetes-compatible API server in this process. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const parts = assemble(options)
  const answer = (call: Call) => answerCall(parts, call)
  const local = (user: RequestUser = administrator): LocalClient => localClient({ answer, user })
  await local().request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'default' } } })
  const isListening = options.listen !== false
  const certificates = isListening ? makeCertificates(options.clock.now()) : undefined
  const listener = certificates === undefined ? undefined : await open(options, { parts, certificates, answer })
  const url = listener === undefined ? '' : `https://${options.host ?? '127.0.0.1'}:${listener.port}`
  const close = async (): Promise<void> => {
    await listener?.close()
    await parts.storage.close()
  }
  return {
    url,
    caPem: certificates?.ca.cert ?? '',
    kubeconfig: () => (certificates === undefined ? '' : kubeconfigText(url, certificates)),
    local,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function assemble(options: ApiServerOptions): Parts {
  const registry = new ResourceRegistry()
  for (const kind of builtInKinds(() => openStrategy)) registry.add(kind)
  const storage = createStorage()
  return {
    storage,
    registry,
    types: openTypes,
    fields: openFields,
    protobuf: noProtobuf,
    access: undefined,
    tokens: createTokenIssuer({ key: makeTokenKey(), fixed: new Map(), storage, clock: options.clock, random: options.random }),
    clock: options.clock,
    timers: options.timers,
    random: options.random,
  }
}

function open(
  options: ApiServerOptions,
  behind: { readonly parts: Parts; readonly certificates: Certificates; readonly answer: (call: Call) => ReturnType<typeof answerCall> },
): Promise<Listener> {
  return listen({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    certificates: behind.certificates,
    authenticate: (credentials) => identify(credentials, behind.parts),
    answer: behind.answer,
    onError: options.onError ?? (() => undefined),
  })
}
