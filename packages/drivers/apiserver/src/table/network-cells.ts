import type { Draft } from '../contracts.ts'
import { draftsOf, metadataOf, partOf, textOf, textsOf } from '../http/draft.ts'
import { labelText, none, orNone, scalarOf, selectorCell, specOf, statusOf, type Cells } from './cells.ts'

/** How many addresses or ports a cell lists. */
const shownLimit = 3

function someOf(texts: readonly string[]): string {
  const more = texts.length - shownLimit
  const shown = texts.slice(0, shownLimit).join(',')
  return orNone(more > 0 ? `${shown} + ${more} more...` : shown)
}

const serviceCells: Cells = (service) => {
  const spec = specOf(service)
  const ports = draftsOf(spec, 'ports').map((port) => {
    const node = scalarOf(port, 'nodePort')
    return `${scalarOf(port, 'port')}${node === '' || node === '0' ? '' : `:${node}`}/${textOf(port, 'protocol')}`
  })
  return {
    Type: textOf(spec, 'type'),
    'Cluster-IP': orNone(textOf(spec, 'clusterIP')),
    'External-IP': externalAddress(service),
    'Port(s)': orNone(ports.join(',')),
    Selector: labelText(partOf(spec, 'selector')),
  }
}

function externalAddress(service: Readonly<Draft>): string {
  const spec = specOf(service)
  const own = textsOf(spec, 'externalIPs')
  if (spec['type'] === 'ExternalName') return orNone(textOf(spec, 'externalName'))
  if (spec['type'] !== 'LoadBalancer') return orNone(own.join(','))
  const addresses = [...addressesOf(service), ...own]
  return addresses.length === 0 ? '<pending>' : addresses.join(',')
}

function addressesOf(object: Readonly<Draft>): readonly string[] {
  const ingress = draftsOf(partOf(statusOf(object), 'loadBalancer'), 'ingress')
  return ingress.map((each) => textOf(each, 'ip') || textOf(each, 'hostname')).filter((address) => address !== '')
}

const ingressCells: Cells = (ingress) => {
  const spec = specOf(ingress)
  const hosts = draftsOf(spec, 'rules')
    .map((rule) => textOf(rule, 'host'))
    .filter((host) => host !== '')
  const more = hosts.length - shownLimit
  const shown = hosts.slice(0, shownLimit).join(',')
  return {
    Class: orNone(textOf(spec, 'ingressClassName')),
    Hosts: hosts.length === 0 ? '*' : more > 0 ? `${shown} + ${more} more...` : shown,
    Address: addressesOf(ingress).join(','),
    Ports: draftsOf(spec, 'tls').length > 0 ? '80, 443' : '80',
  }
}

const endpointsCells: Cells = (endpoints) => {
  const texts = draftsOf(endpoints, 'subsets').flatMap((subset) => {
    const ports = draftsOf(subset, 'ports')
    const addresses = draftsOf(subset, 'addresses').map((address) => textOf(address, 'ip'))
    if (ports.length === 0) return addresses
    return ports.flatMap((port) => addresses.map((address) => `${address}:${scalarOf(port, 'port')}`))
  })
  return { Endpoints: someOf(texts) }
}

const sliceCells: Cells = (slice) => ({
  AddressType: textOf(slice, 'addressType'),
  Ports:
    draftsOf(slice, 'ports').length === 0
      ? '<unset>'
      : someOf(draftsOf(slice, 'ports').map((port) => scalarOf(port, 'port') || '*')),
  Endpoints:
    draftsOf(slice, 'endpoints').length === 0
      ? '<unset>'
      : someOf(draftsOf(slice, 'endpoints').flatMap((endpoint) => textsOf(endpoint, 'addresses'))),
})

const nodeCells: Cells = (node) => {
  const labels = partOf(metadataOf(node), 'labels')
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return [key.slice(prefix.length)]
    return key === 'kubernetes.io/role' ? [String(value)] : []
  })
  const ready = draftsOf(statusOf(node), 'conditions').find((condition) => condition['type'] === 'Ready')
  const health = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady'
  const info = partOf(statusOf(node), 'nodeInfo')
  const address = (type: string): string =>
    orNone(textOf(draftsOf(statusOf(node), 'addresses').find((each) => each['type'] === type) ?? {}, 'address'))
  return {
    Status: specOf(node)['unschedulable'] === true ? `${health},SchedulingDisabled` : health,
    Roles: orNone(roles.toSorted().join(',')),
    Version: textOf(info, 'kubeletVersion'),
    'Internal-IP': address('InternalIP'),
    'External-IP': address('ExternalIP'),
    'OS-Image': textOf(info, 'osImage') || '<unknown>',
    'Kernel-Version': textOf(info, 'kernelVersion') || '<unknown>',
    'Container-Runtime': textOf(info, 'containerRuntimeVersion') || '<unknown>',
  }
}

/** Cells of what leads traffic, and of the nodes. */
export const networkCells: Readonly<Record<string, Cells>> = {
  services: serviceCells,
  endpoints: endpointsCells,
  nodes: nodeCells,
  'endpointslices.discovery.k8s.io': sliceCells,
  'ingresses.networking.k8s.io': ingressCells,
  'ingressclasses.networking.k8s.io': (object) => {
    const reference = partOf(specOf(object), 'parameters')
    const group = textOf(reference, 'apiGroup')
    const kind = textOf(reference, 'kind')
    const target = `${kind}${group === '' ? '' : `.${group}`}/${textOf(reference, 'name')}`
    return { Controller: textOf(specOf(object), 'controller'), Parameters: kind === '' ? none : target }
  },
  'networkpolicies.networking.k8s.io': (object) => ({ 'Pod-Selector': selectorCell(specOf(object)['podSelector']) }),
  'servicecidrs.networking.k8s.io': (object) => ({ CIDRs: textsOf(specOf(object), 'cidrs').join(',') }),
  'ipaddresses.networking.k8s.io': (object) => {
    const parent = partOf(specOf(object), 'parentRef')
    const place = [parent['resource'], parent['namespace'], parent['name']].filter((part) => typeof part === 'string')
    return { ParentRef: place.join('/') }
  },
}
