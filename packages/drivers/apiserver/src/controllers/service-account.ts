import { text } from '../kinds/draft.ts'
import { createWatchCache } from './runtime/watch-cache.ts'
import type { ControllerContext } from './runtime/context.ts'
import { nameOf, namespaceOf, statusOf, type KubeObject } from './runtime/kube-object.ts'
import { collectionPath, TYPES } from './runtime/resources.ts'
import type { WatchCache } from './runtime/watch-cache.ts'

const ROOT_CA = 'kube-root-ca.crt'
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/**
 * Gives every namespace its ServiceAccount `default` and the ConfigMap with the server's certificate authority.
 * Only ConfigMaps of that name are watched: all others cost nothing here.
 */
export function startServiceAccounts(context: ControllerContext, caPem: string): WatchCache {
  const namespaces = context.cluster.cache(TYPES.namespaces)
  const accounts = context.cluster.cache(TYPES.serviceAccounts)
  const path = `${collectionPath(TYPES.configMaps)}?fieldSelector=${encodeURIComponent(`metadata.name=${ROOT_CA}`)}`
  const configMaps = createWatchCache(context.cluster.raw, path)
  const queue = context.queue('service-account', async (name) => {
    const namespace = namespaces.get(name)
    if (namespace === undefined || text(statusOf(namespace), 'phase') === 'Terminating') return
    if (accounts.get(`${name}/default`) === undefined) {
      await context.cluster.create(TYPES.serviceAccounts, { metadata: { name: 'default', namespace: name } })
    }
    const present = configMaps.get(`${name}/${ROOT_CA}`)
    const data = { 'ca.crt': caPem }
    if (present === undefined) {
      const annotations = { 'kubernetes.io/description': DESCRIPTION }
      const metadata = { name: ROOT_CA, namespace: name, annotations }
      configMaps.absorb(await context.cluster.create(TYPES.configMaps, { metadata, data }))
    } else if ((present['data'] as Record<string, unknown> | undefined)?.['ca.crt'] !== caPem) {
      configMaps.absorb(await context.cluster.update(TYPES.configMaps, { ...present, data }))
    }
  })
  const addNamespaceOf = (next: KubeObject | undefined, old: KubeObject | undefined): void => {
    const object = next ?? old
    if (object !== undefined) queue.add(namespaceOf(object))
  }
  namespaces.onChange((next) => {
    if (next !== undefined) queue.add(nameOf(next))
  })
  accounts.onChange((next, old) => {
    const object = next ?? old
    if (object !== undefined && nameOf(object) === 'default' && (next === undefined || old === undefined))
      queue.add(namespaceOf(object))
  })
  configMaps.onChange(addNamespaceOf)
  return configMaps
}
