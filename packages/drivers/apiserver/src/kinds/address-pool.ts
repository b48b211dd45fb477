import type { Draft, StrategyContext } from '../contracts.ts'
import { child, children, numeric, strings, text } from './draft.ts'

/** Where a holder of an address was last seen. */
interface Holder {
  readonly namespace: string
  readonly name: string
}

const NETWORK = [10, 96] as const
const ADDRESSES = 65_536
/** The lower part of the range is left for addresses that people choose, as the server leaves it. */
const FIRST_DYNAMIC = 257
const FIRST_NODE_PORT = 30_000
const NODE_PORTS = 2768

/** What a dry run shows instead of an address of the pool. */
export const DRY_RUN_CLUSTER_IP = '10.96.0.0'
/** The first node port that a dry run shows. */
export const DRY_RUN_NODE_PORT = 32_769

/**
 * Hands out cluster IPs and node ports. Holders are remembered where they were last seen and looked up before an
 * address is taken as free, so that a deleted Service or a failed create needs no word; the first use reads all Services.
 */
export interface AddressPool {
  takeClusterIp(holder: Holder, context: StrategyContext): string | undefined
  takeNodePort(holder: Holder, context: StrategyContext): number | undefined
  /** Whether another Service holds the address; remembers the holder when none does. */
  claimClusterIp(ip: string, holder: Holder, context: StrategyContext): boolean
  claimNodePort(port: number, holder: Holder, context: StrategyContext): boolean
}

/** Whether an address lies in the cluster's service range 10.96.0.0/16. */
export function inServiceRange(ip: string): boolean {
  const parts = ip.split('.').map(Number)
  return (
    parts.length === 4 &&
    parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255) &&
    parts[0] === NETWORK[0] &&
    parts[1] === NETWORK[1]
  )
}

/** Makes an empty pool for the Services of one server. */
export function createAddressPool(): AddressPool {
  const ips = new Map<string, Holder>()
  const ports = new Map<number, Holder>()
  let known = false
  let nextIp = -1
  let nextPort = -1

  function learn(context: StrategyContext): void {
    if (known) return
    known = true
    for (const service of context.list('', 'services', '')) {
      const holder = holderOf(service)
      for (const ip of strings(child(service, 'spec'), 'clusterIPs')) ips.set(ip, holder)
      for (const port of children(child(service, 'spec'), 'ports')) {
        const nodePort = numeric(port, 'nodePort')
        if (nodePort !== undefined) ports.set(nodePort, holder)
      }
    }
  }

  function claim<K>(held: Map<K, Holder>, key: K, options: ClaimOptions): boolean {
    learn(options.context)
    const present = held.get(key)
    if (present !== undefined && !isSame(present, options.holder)) {
      const service = options.context.lookup('', 'services', present.namespace, present.name)
      if (service !== undefined && options.holds(service)) return false
    }
    held.set(key, options.holder)
    return true
  }

  function claimClusterIp(ip: string, holder: Holder, context: StrategyContext): boolean {
    return claim(ips, ip, {
      holder,
      context,
      holds: (service) => strings(child(service, 'spec'), 'clusterIPs').includes(ip),
    })
  }

  function claimNodePort(port: number, holder: Holder, context: StrategyContext): boolean {
    return claim(ports, port, {
      holder,
      context,
      holds: (service) => children(child(service, 'spec'), 'ports').some((item) => item['nodePort'] === port),
    })
  }

  return {
    claimClusterIp,
    claimNodePort,
    takeClusterIp(holder, context) {
      const span = ADDRESSES - FIRST_DYNAMIC - 1
      if (nextIp < 0) nextIp = Math.floor(context.random() * span)
      for (let tried = 0; tried < span; tried += 1) {
        const offset = FIRST_DYNAMIC + (nextIp % span)
        nextIp += 1
        const ip = `${NETWORK[0]}.${NETWORK[1]}.${Math.floor(offset / 256)}.${offset % 256}`
        if (claimClusterIp(ip, holder, context)) return ip
      }
      return undefined
    },
    takeNodePort(holder, context) {
      learn(context)
      if (nextPort < 0) nextPort = Math.floor(context.random() * NODE_PORTS)
      for (let tried = 0; tried < NODE_PORTS; tried += 1) {
        const port = FIRST_NODE_PORT + (nextPort % NODE_PORTS)
        nextPort += 1
        // A port that the Service has already is for another of its ports.
        if (!isSame(ports.get(port), holder) && claimNodePort(port, holder, context)) return port
      }
      return undefined
    },
  }
}

interface ClaimOptions {
  readonly holder: Holder
  readonly context: StrategyContext
  readonly holds: (service: Readonly<Draft>) => boolean
}

/** Namespace and name of a Service as the pool remembers them. */
export function holderOf(service: Readonly<Draft>): Holder {
  const metadata = child(service, 'metadata')
  return { namespace: text(metadata, 'namespace'), name: text(metadata, 'name') }
}

function isSame(left: Holder | undefined, right: Holder): boolean {
  return left !== undefined && left.namespace === right.namespace && left.name === right.name
}
