import type { Draft, FieldError, Strategy, StrategyContext } from '../contracts.ts'
import {
  createAddressPool,
  DRY_RUN_CLUSTER_IP,
  DRY_RUN_NODE_PORT,
  holderOf,
  inServiceRange,
  type AddressPool,
} from './address-pool.ts'
import { checkPortNumber, checkPortReference, checkProtocol, oneOf } from './check-container.ts'
import { checkLabels, checkUnique } from './check-metadata.ts'
import { child, children, ensure, fill, numeric, sameValue, stringMap, strings, text } from './draft.ts'
import { duplicate, forbidden, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel, dnsSubdomain } from './names.ts'
import { createStrategy } from './strategy.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

/** v1 Service with allocation of cluster IPs and node ports. One pool per server: make it once. */
export function createServiceStrategy(): Strategy {
  const pool = createAddressPool()
  return createStrategy({
    hasStatus: true,
    nameRule: dnsLabel,
    defaults: defaultService,
    create: (draft, context) => {
      allocate(draft, pool, context)
    },
    update: (draft, old, context) => {
      carryOver(draft, old)
      allocate(draft, pool, context)
    },
    check: (service, context) => [...checkService(service), ...checkClaims(service, pool, context)],
    checkUpdate: checkServiceUpdate,
    fields: (service) => ({
      'spec.clusterIP': text(child(service, 'spec'), 'clusterIP'),
      'spec.type': text(child(service, 'spec'), 'type'),
    }),
  })
}

function defaultService(object: Draft): void {
  const spec = ensure(object, 'spec')
  fill(spec, 'sessionAffinity', 'None')
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig']
  if (spec['sessionAffinity'] === 'ClientIP') {
    fill(ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10_800)
  }
  fill(spec, 'type', 'ClusterIP')
  for (const port of children(spec, 'ports')) {
    fill(port, 'protocol', 'TCP')
    if (port['targetPort'] === 0) delete port['targetPort']
    fill(port, 'targetPort', port['port'])
  }
  const type = text(spec, 'type')
  if (isExternallyReachable(spec)) fill(spec, 'externalTrafficPolicy', 'Cluster')
  if (type !== 'ExternalName') fill(spec, 'internalTrafficPolicy', 'Cluster')
  if (type === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true)
  for (const ingress of children(child(child(object, 'status'), 'loadBalancer'), 'ingress')) {
    if (text(ingress, 'ip') !== '') fill(ingress, 'ipMode', 'VIP')
  }
}

function isExternallyReachable(spec: Readonly<Draft>): boolean {
  const type = text(spec, 'type')
  return (
    type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && strings(spec, 'externalIPs').length > 0)
  )
}

function allocate(service: Draft, pool: AddressPool, context: StrategyContext): void {
  const spec = ensure(service, 'spec')
  if (text(spec, 'type') === 'ExternalName') return
  alignClusterIps(spec)
  const holder = holderOf(service)
  if (text(spec, 'clusterIP') === '') {
    const ip = context.dryRun ? DRY_RUN_CLUSTER_IP : pool.takeClusterIp(holder, context)
    if (ip !== undefined) {
      spec['clusterIP'] = ip
      spec['clusterIPs'] = [ip]
    }
  }
  fill(spec, 'ipFamilies', ['IPv4'])
  fill(spec, 'ipFamilyPolicy', 'SingleStack')
  allocateNodePorts(spec, (index) => (context.dryRun ? DRY_RUN_NODE_PORT + index : pool.takeNodePort(holder, context)))
}

/** clusterIP and clusterIPs[0] are one value: whichever is given fills the other. */
function alignClusterIps(spec: Draft): void {
  const [first] = strings(spec, 'clusterIPs')
  const single = text(spec, 'clusterIP')
  if (single === '' && first !== undefined) spec['clusterIP'] = first
  if (single !== '' && first === undefined) spec['clusterIPs'] = [single]
}

function allocateNodePorts(spec: Draft, take: (index: number) => number | undefined): void {
  const type = text(spec, 'type')
  const wanted = type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
  if (!wanted) return
  const byPort = new Map<number, number>()
  for (const [index, port] of children(spec, 'ports').entries()) {
    if ((numeric(port, 'nodePort') ?? 0) !== 0) continue
    const number = numeric(port, 'port') ?? 0
    // One number serves TCP and UDP of the same port.
    const nodePort = byPort.get(number) ?? take(index)
    if (nodePort === undefined) continue
    port['nodePort'] = nodePort
    byPort.set(number, nodePort)
  }
}

/** On update, allocations that the new object does not name are kept, and dropped where the new type has none. */
function carryOver(service: Draft, old: Readonly<Draft>): void {
  const spec = ensure(service, 'spec')
  const before = child(old, 'spec') ?? {}
  if (text(spec, 'type') === 'ExternalName') {
    dropUnchanged(spec, before, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
  } else if (text(before, 'type') !== 'ExternalName') {
    carryAddresses(spec, before)
  }
  carryNodePorts(spec, before)
  if (text(spec, 'type') !== 'LoadBalancer' && text(before, 'type') === 'LoadBalancer') {
    dropUnchanged(spec, before, ['allocateLoadBalancerNodePorts', 'loadBalancerClass'])
    service['status'] = { loadBalancer: {} }
  }
  if (!isExternallyReachable(spec)) dropUnchanged(spec, before, ['externalTrafficPolicy'])
}

function carryAddresses(spec: Draft, before: Readonly<Draft>): void {
  const single = text(spec, 'clusterIP')
  if (single === '' && strings(spec, 'clusterIPs').length === 0) {
    spec['clusterIP'] = before['clusterIP']
    spec['clusterIPs'] = before['clusterIPs']
  } else if (single !== text(before, 'clusterIP') && sameValue(spec['clusterIPs'], before['clusterIPs'])) {
    spec['clusterIPs'] = single === '' ? before['clusterIPs'] : [single]
    if (single === '') spec['clusterIP'] = before['clusterIP']
  }
  for (const key of ['ipFamilies', 'ipFamilyPolicy']) if (before[key] !== undefined) spec[key] ??= before[key]
}

function carryNodePorts(spec: Draft, before: Readonly<Draft>): void {
  const held = new Map(children(before, 'ports').map((port) => [portKey(port), port['nodePort']]))
  const needed = text(spec, 'type') === 'NodePort' || text(spec, 'type') === 'LoadBalancer'
  for (const port of children(spec, 'ports')) {
    const earlier = held.get(portKey(port))
    if (needed && (port['nodePort'] ?? 0) === 0 && earlier !== undefined) port['nodePort'] = earlier
    if (!needed && earlier !== undefined && port['nodePort'] === earlier) delete port['nodePort']
  }
}

function portKey(port: Readonly<Draft>): string {
  return `${text(port, 'protocol')}/${String(port['port'])}`
}

function dropUnchanged(spec: Draft, before: Readonly<Draft>, keys: readonly string[]): void {
  for (const key of keys) if (sameValue(spec[key], before[key])) delete spec[key]
}

function checkService(service: Readonly<Draft>): FieldError[] {
  const spec = child(service, 'spec') ?? {}
  const type = text(spec, 'type')
  const headless = text(spec, 'clusterIP') === 'None'
  const ports = children(spec, 'ports')
  const errors: FieldError[] = []
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'))
  if (headless && (type === 'LoadBalancer' || type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  }
  if (type === 'ExternalName') errors.push(...checkExternalName(spec))
  errors.push(...checkPorts(spec, ports))
  errors.push(...checkLabels(stringMap(spec, 'selector'), 'spec.selector'))
  errors.push(...oneOf(spec, 'sessionAffinity', { field: 'spec', allowed: ['ClientIP', 'None'] }))
  if (!(TYPES as readonly string[]).includes(type)) errors.push(unsupported('spec.type', type, TYPES))
  return [...errors, ...checkClusterIps(spec), ...checkTypeBound(spec)]
}

function checkClusterIps(spec: Readonly<Draft>): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, ip] of strings(spec, 'clusterIPs').entries()) {
    if (ip === 'None' || ip === '') continue
    const family = strings(spec, 'ipFamilies')[index]
    const at = `spec.clusterIPs[${index}]`
    if (!IPV4.test(ip) && !ip.includes(':')) {
      errors.push(invalid(at, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
    } else if (family !== undefined && (family === 'IPv6') !== ip.includes(':')) {
      errors.push(invalid(at, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``))
    }
  }
  return errors
}

/** Fields that only some types of Services may have. */
function checkTypeBound(spec: Readonly<Draft>): FieldError[] {
  const isBalanced = text(spec, 'type') === 'LoadBalancer'
  const errors: FieldError[] = []
  for (const [index, ip] of strings(spec, 'externalIPs').entries()) {
    if (!IPV4.test(ip) && !ip.includes(':')) {
      errors.push(
        invalid(`spec.externalIPs[${index}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
      )
    }
  }
  if (spec['allocateLoadBalancerNodePorts'] !== undefined && !isBalanced) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"))
  }
  if (strings(spec, 'loadBalancerSourceRanges').length > 0 && !isBalanced) {
    errors.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"))
  }
  const policy = text(spec, 'externalTrafficPolicy')
  if (policy !== '' && !isExternallyReachable(spec)) {
    errors.push(invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'))
  }
  return errors
}

function checkExternalName(spec: Readonly<Draft>): FieldError[] {
  const errors: FieldError[] = []
  for (const key of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    if (spec[key] !== undefined) errors.push(forbidden(`spec.${key}`, 'may not be set for ExternalName services'))
  }
  const name = text(spec, 'externalName').replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...dnsSubdomain(name).map((fault) => invalid('spec.externalName', name, fault))]
}

function checkPorts(spec: Readonly<Draft>, ports: readonly Readonly<Draft>[]): FieldError[] {
  const errors = checkUnique(ports, 'name', (index) => `spec.ports[${index}].name`)
  const seen = new Set<string>()
  const nodePorts = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`
    const name = text(port, 'name')
    if (ports.length > 1 && name === '') errors.push(required(`${at}.name`))
    if (name !== '') errors.push(...dnsLabel(name).map((fault) => invalid(`${at}.name`, name, fault)))
    errors.push(...checkPortNumber(port['port'], `${at}.port`))
    errors.push(...checkProtocol(port['protocol'], `${at}.protocol`))
    errors.push(...checkPortReference(port['targetPort'] ?? 0, `${at}.targetPort`))
    if (seen.has(portKey(port))) errors.push(duplicate(at, { protocol: port['protocol'], port: port['port'] }))
    seen.add(portKey(port))
    const nodePort = numeric(port, 'nodePort') ?? 0
    if (nodePort === 0) continue
    if (text(spec, 'type') === 'ClusterIP') {
      errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
    }
    const key = `${text(port, 'protocol')}/${nodePort}`
    if (nodePorts.has(key)) errors.push(duplicate(`${at}.nodePort`, nodePort))
    nodePorts.add(key)
  }
  return errors
}

/** Addresses that were asked for by value: in range, and not held by another Service. */
function checkClaims(service: Readonly<Draft>, pool: AddressPool, context: StrategyContext): FieldError[] {
  if (context.dryRun) return []
  const spec = child(service, 'spec') ?? {}
  const holder = holderOf(service)
  const errors: FieldError[] = []
  for (const [index, ip] of strings(spec, 'clusterIPs').entries()) {
    if (ip === 'None' || ip === '') continue
    const field = `spec.clusterIPs[${index}]`
    if (!IPV4.test(ip)) {
      errors.push(invalid(field, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
    } else if (!inServiceRange(ip)) {
      errors.push(
        invalid(
          'spec.clusterIPs',
          [ip],
          `failed to allocate IP ${ip}: the provided network does not match the current range`,
        ),
      )
    } else if (!pool.claimClusterIp(ip, holder, context)) {
      errors.push(invalid('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: provided IP is already allocated`))
    }
  }
  for (const [index, port] of children(spec, 'ports').entries()) {
    const nodePort = numeric(port, 'nodePort') ?? 0
    if (nodePort === 0) continue
    const field = `spec.ports[${index}].nodePort`
    if (nodePort < 30_000 || nodePort > 32_767) {
      errors.push(
        invalid(field, nodePort, 'provided port is not in the valid range. The range of valid ports is 30000-32767'),
      )
    } else if (!pool.claimNodePort(nodePort, holder, context)) {
      errors.push(invalid(field, nodePort, 'provided port is already allocated'))
    }
  }
  return errors
}

function checkServiceUpdate(service: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  const spec = child(service, 'spec') ?? {}
  const before = child(old, 'spec') ?? {}
  if (text(spec, 'type') === 'ExternalName' || text(before, 'type') === 'ExternalName') return []
  const ips = strings(spec, 'clusterIPs')
  const held = strings(before, 'clusterIPs')
  if (ips.length === 0 && held.length > 0) {
    return [invalid('spec.clusterIPs[0]', ips, 'primary clusterIP can not be unset')]
  }
  const changed = held.findIndex((ip, index) => index < ips.length && ip !== ips[index])
  return changed < 0 ? [] : [invalid(`spec.clusterIPs[${changed}]`, ips, 'may not change once set')]
}
