import type { Draft } from '../../contracts.ts'
import { child, children, text } from '../../kinds/draft.ts'
import { writeStatus, type ControllerContext } from '../runtime/context.ts'
import { isDeleting, keyOf, specOf, statusOf, type KubeObject } from '../runtime/kube-object.ts'
import { TYPES } from '../runtime/resources.ts'
import { draw } from '../timing.ts'

const COMPONENT = 'service-controller'
const BY_ADDRESS = 'load-balancer'
/** The address at which the simulated ingress controller answers. */
const INGRESS_ADDRESS = '172.18.255.1'

/** Gives Services of type LoadBalancer an address, and Ingresses that of the ingress controller. */
export function startLoadBalancers(context: ControllerContext): void {
  const services = context.cluster.cache(TYPES.services)
  services.addIndex(BY_ADDRESS, (service) => addressesOf(service))
  const ingresses = context.cluster.cache(TYPES.ingresses)
  const due = new Map<string, number>()
  let next = 2

  function freeAddress(): string {
    for (let tried = 0; tried < 65_000; tried += 1) {
      const offset = next
      next = next >= 65_000 ? 2 : next + 1
      const address = `172.19.${Math.floor(offset / 250)}.${1 + (offset % 250)}`
      if (services.find(BY_ADDRESS, address).length === 0) return address
    }
    return INGRESS_ADDRESS
  }

  /** Whether the time a balancer takes has passed; otherwise the key comes back when it has. */
  function isDue(key: string, later: (delayMs: number) => void): boolean {
    const nowMs = context.clock.now()
    const dueMs = due.get(key) ?? nowMs + draw(context.timing.loadBalancer, context.random)
    due.set(key, dueMs)
    if (dueMs > nowMs) {
      later(dueMs - nowMs)
      return false
    }
    due.delete(key)
    return true
  }

  const serviceQueue = context.queue('load-balancer', async (key) => {
    const service = services.get(key)
    if (service === undefined || isDeleting(service)) return
    if (text(specOf(service), 'type') !== 'LoadBalancer' || addressesOf(service).length > 0) return
    if (!due.has(key)) tell(context, service, { reason: 'EnsuringLoadBalancer', message: 'Ensuring load balancer' })
    if (
      !isDue(key, (delayMs) => {
        serviceQueue.addAfter(key, delayMs)
      })
    )
      return
    const wanted = text(specOf(service), 'loadBalancerIP')
    const ip = wanted === '' ? freeAddress() : wanted
    const status = { ...statusOf(service), loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } }
    await writeStatus(context, TYPES.services, { object: service, status })
    tell(context, service, { reason: 'EnsuredLoadBalancer', message: 'Ensured load balancer' })
  })
  const ingressQueue = context.queue('ingress', async (key) => {
    const ingress = ingresses.get(key)
    if (ingress === undefined || isDeleting(ingress) || addressesOf(ingress).length > 0) return
    if (
      !isDue(`ingress ${key}`, (delayMs) => {
        ingressQueue.addAfter(key, delayMs)
      })
    )
      return
    const status = { ...statusOf(ingress), loadBalancer: { ingress: [{ ip: INGRESS_ADDRESS }] } }
    await writeStatus(context, TYPES.ingresses, { object: ingress, status })
  })
  services.onChange((service) => {
    if (service !== undefined && text(specOf(service), 'type') === 'LoadBalancer') serviceQueue.add(keyOf(service))
  })
  ingresses.onChange((ingress) => {
    if (ingress !== undefined) ingressQueue.add(keyOf(ingress))
  })
}

function addressesOf(object: KubeObject): readonly string[] {
  return children(child(statusOf(object), 'loadBalancer'), 'ingress').map((entry: Draft) => text(entry, 'ip'))
}

function tell(
  context: ControllerContext,
  service: KubeObject,
  happening: { readonly reason: string; readonly message: string },
): void {
  context.recorder.record(COMPONENT, { type: TYPES.services, object: service, ...happening })
}
