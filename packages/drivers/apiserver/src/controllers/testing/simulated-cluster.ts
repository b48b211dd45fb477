import type { Draft, LocalClient } from '../../contracts.ts'
import { children } from '../../kinds/draft.ts'
import { createApiServer } from '../../server.ts'
import { startControllers } from '../controllers.ts'
import type { TimingProfile } from '../timing.ts'
import { createSeededRandom, createSimulatedTime, type SimulatedTime } from './simulated-time.ts'

/** An answer of the server, of whatever kind a test asked for. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests read fields of many kinds; what is not there fails them
export type Answer = any

/** A whole cluster in simulated time, for tests. */
export interface SimulatedCluster {
  readonly client: LocalClient
  readonly time: SimulatedTime
  /** Lets everything happen that happens within a time. */
  run(ms: number): Promise<void>
  get(path: string): Promise<Answer>
  list(path: string): Promise<Answer[]>
  create(path: string, object: Draft): Promise<Answer>
  patch(path: string, patch: Draft): Promise<Answer>
  remove(path: string, options?: Draft): Promise<Answer>
  /** Reasons of the Events about an object, in order. */
  events(namespace: string, name: string): Promise<string[]>
  readonly errors: unknown[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a server without a socket and its controllers. */
export async function startSimulatedCluster(
  options: { readonly timing?: TimingProfile } = {},
): Promise<SimulatedCluster> {
  const time = createSimulatedTime(Date.UTC(2026, 0, 5, 12))
  const random = createSeededRandom(7)
  const errors: unknown[] = []
  const server = await createApiServer({ listen: false, clock: time, timers: time, random, profile: 'off' })
  const client = server.local()
  const controllers = await startControllers({
    client,
    clock: time,
    timers: time,
    random,
    caPem: 'CA',
    onError: (error, controller, key) => errors.push(`${controller} ${key}: ${String(error)}`),
    ...options,
  })
  const request = async (call: Parameters<LocalClient['request']>[0]): Promise<Answer> => {
    const answer = await client.request(call)
    if (answer.status >= 400)
      throw new Error(`${call.method} ${call.path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const close = async (): Promise<void> => {
    controllers.close()
    await server.close()
  }
  return {
    client,
    time,
    errors,
    close,
    [Symbol.asyncDispose]: close,
    run: async (ms) => {
      const untilMs = time.now() + ms
      await controllers.idle()
      while (time.step(untilMs)) await controllers.idle()
      time.set(untilMs)
    },
    get: (path) => request({ method: 'GET', path }),
    list: async (path) => [...children(await request({ method: 'GET', path }), 'items')],
    create: (path, body) => request({ method: 'POST', path, body }),
    patch: (path, body) => request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }),
    remove: (path, body) => request({ method: 'DELETE', path, ...(body === undefined ? {} : { body }) }),
    events: async (namespace, name) => {
      const all = children(await request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/events` }), 'items')
      return all.filter((event: Answer) => event.involvedObject.name === name).map((event: Answer) => event.reason)
    },
  }
}

/** The path of a Deployment collection in the default namespace and others that tests use often. */
export const PATHS = {
  deployments: '/apis/apps/v1/namespaces/default/deployments',
  replicaSets: '/apis/apps/v1/namespaces/default/replicasets',
  statefulSets: '/apis/apps/v1/namespaces/default/statefulsets',
  daemonSets: '/apis/apps/v1/namespaces/default/daemonsets',
  jobs: '/apis/batch/v1/namespaces/default/jobs',
  cronJobs: '/apis/batch/v1/namespaces/default/cronjobs',
  pods: '/api/v1/namespaces/default/pods',
  services: '/api/v1/namespaces/default/services',
  claims: '/api/v1/namespaces/default/persistentvolumeclaims',
  configMaps: '/api/v1/namespaces/default/configmaps',
} as const

/** A Deployment of one container. */
export function deployment(
  name: string,
  more: { replicas?: number; image?: string; spec?: Draft; annotations?: Draft } = {},
): Draft {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: more.replicas ?? 1,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, more),
      ...more.spec,
    },
  }
}

/** A pod template of one container. */
export function podTemplate(name: string, more: { image?: string; annotations?: Draft; podSpec?: Draft } = {}): Draft {
  return {
    metadata: { labels: { app: name }, ...(more.annotations === undefined ? {} : { annotations: more.annotations }) },
    spec: { containers: [{ name: 'app', image: more.image ?? 'nginx:1.27' }], ...more.podSpec },
  }
}
