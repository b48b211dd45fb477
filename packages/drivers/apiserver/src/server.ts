import type { Clock, Random, Timers } from '@kedge/base'
import { assembleParts } from './assemble.ts'
import { bootstrapCluster } from './bootstrap/index.ts'
import { fastTiming, realisticTiming, startControllers, type Controllers } from './controllers/index.ts'
import type { LocalClient, RequestUser } from './contracts.ts'
import { identify } from './http/authenticate.ts'
import { issueClientCertificate } from './http/certificates.ts'
import { expireEvents } from './http/event-expiry.ts'
import { answerCall, answerNow } from './http/chain.ts'
import { loadCredentials, type ServerCredentials } from './http/credentials-folder.ts'
import { kubeconfigText } from './http/kubeconfig.ts'
import { listen, type Listener } from './http/listener.ts'
import { localClient } from './http/local-client.ts'
import type { Parts } from './http/parts.ts'
import { openJournal } from './store/disk-journal.ts'
import { createStorage, type StorageOptions } from './store/memory-storage.ts'

/** How to start the embedded API server. */
export interface ApiServerOptions {
  /** Where everything is kept; in memory when absent. */
  readonly dataDir?: string
  /** False for no socket at all: only `local` clients then, and no real time or input is used. */
  readonly listen?: boolean
  /** 0 for any free one. */
  readonly port?: number
  readonly host?: string
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly authorization?: 'rbac' | 'always-allow'
  /** How long the simulated parts of the cluster take; `off` starts no controllers. */
  readonly profile?: 'fast' | 'realistic' | 'off'
  /** Bearer tokens that are known besides those of service accounts. */
  readonly tokens?: ReadonlyMap<string, RequestUser>
  /** Called for faults that no client can be told of. */
  readonly onError?: (error: unknown) => void
}

/** A running API server. */
export interface ApiServer {
  /** `https://127.0.0.1:<port>`; empty without a socket. */
  readonly url: string
  readonly caPem: string
  /** A kubeconfig text with a new client certificate; the administrator's when no user is named. Needs a socket. */
  kubeconfig(user?: { readonly name: string; readonly groups: readonly string[] }): string
  /** A client in this process: the same chain as over the socket, as the administrator when no user is named. */
  local(user?: RequestUser): LocalClient
  /** Resolves when the simulated parts of the cluster have nothing to do before their next timer is due. */
  idle(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const administrator = { name: 'kubernetes-admin', groups: ['system:masters'] }

/** Starts a Kubernetes-compatible API server in this process, ready when the promise resolves. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const isListening = options.listen !== false
  const credentials = isListening ? await loadCredentials(options.dataDir, options.clock.now()) : undefined
  const disk = options.dataDir === undefined ? undefined : await openJournal(options.dataDir)
  const create = (extra: StorageOptions) =>
    createStorage({ ...disk, ...extra, onListenerFault: (error) => options.onError?.(error) })
  const parts = assembleParts({ ...options, tokenKey: credentials?.tokenKey, createStorage: create })
  const opened: { listener?: Listener } = {}
  try {
    return await begin(options, { parts, credentials, opened })
  } catch (error) {
    await opened.listener?.close()
    await parts.storage.close()
    throw error
  }
}

/** Listens, fills a new cluster and starts its controllers. Requests that come early wait. */
async function begin(
  options: ApiServerOptions,
  made: {
    readonly parts: Parts
    readonly credentials: ServerCredentials | undefined
    readonly opened: { listener?: Listener }
  },
): Promise<ApiServer> {
  const { parts, credentials, opened } = made
  const ready = Promise.withResolvers<void>()
  if (credentials !== undefined) opened.listener = await open(options, { parts, credentials, ready: ready.promise })
  await fill(parts, opened.listener?.port ?? 0)
  ready.resolve()
  const caPem = credentials?.certificates.ca.cert ?? ''
  const controllers = options.profile === 'off' ? undefined : await control(options, parts, caPem)
  return runningServer(options, { parts, credentials, listener: opened.listener, controllers })
}

/** Puts the objects in place that a server has of itself, durable together. */
async function fill(parts: Parts, port: number): Promise<void> {
  const user = { name: 'system:apiserver', groups: ['system:masters'], extra: {} }
  const client = localClient({ answer: (call) => Promise.resolve(answerNow(parts, call)), user })
  await bootstrapCluster(client, { nowMs: parts.clock.now(), apiServerPort: port })
  await parts.storage.durable(parts.storage.revision)
}

/** Starts what makes objects behave like those of a cluster. */
function control(options: ApiServerOptions, parts: Parts, caPem: string): Promise<Controllers> {
  const user = { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'], extra: {} }
  return startControllers({
    client: localClient({ answer: (call) => answerCall(parts, call), user }),
    clock: options.clock,
    timers: options.timers,
    random: options.random,
    caPem,
    timing: options.profile === 'realistic' ? realisticTiming : fastTiming,
    onError: (error) => options.onError?.(error),
  })
}

interface Running {
  readonly controllers: Controllers | undefined
  readonly parts: Parts
  readonly credentials: ServerCredentials | undefined
  readonly listener: Listener | undefined
}

function runningServer(options: ApiServerOptions, running: Running): ApiServer {
  const { parts, credentials, listener, controllers } = running
  const url = listener === undefined ? '' : `https://${options.host ?? '127.0.0.1'}:${listener.port}`
  const caPem = credentials?.certificates.ca.cert ?? ''
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    controllers?.close()
    stopExpiry()
    await listener?.close()
    await parts.storage.close()
  }
  const stopExpiry = expireEvents(parts)
  const closeOnce = (): Promise<void> => (closed ??= close())
  return {
    url,
    caPem,
    kubeconfig: (user = administrator) => {
      if (credentials === undefined) return ''
      const client = issueClientCertificate(credentials.certificates.ca, user, options.clock.now())
      return kubeconfigText({ url, caPem, user: user.name, client })
    },
    local: (user = { ...administrator, groups: [...administrator.groups, 'system:authenticated'], extra: {} }) =>
      localClient({ answer: (call) => answerCall(parts, call), user }),
    idle: () => controllers?.idle() ?? Promise.resolve(),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}

function open(
  options: ApiServerOptions,
  behind: { readonly parts: Parts; readonly credentials: ServerCredentials; readonly ready: Promise<void> },
): Promise<Listener> {
  const { parts, credentials, ready } = behind
  return listen({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    certificates: credentials.certificates,
    authenticate: (sent) => identify(sent, parts),
    answer: async (call) => {
      await ready
      return answerCall(parts, call)
    },
    onError: options.onError ?? (() => undefined),
  })
}
