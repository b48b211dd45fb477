import { isIP } from 'node:net'

import type { Draft, FieldError } from '../contracts.ts'
import { checkPortNumber, checkProtocol } from './check-container.ts'
import { checkSelector } from './check-metadata.ts'
import { child, children, ensure, fill, strings, text } from './draft.ts'
import { immutable, invalid, required, unsupported } from './field-errors.ts'
import { dnsLabel, dnsSubdomain, portName } from './names.ts'
import type { KindRules } from './strategy.ts'

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'] as const
const FORBIDDEN_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'] as const
const FORBIDDEN_ENDINGS = ['/..', '/.'] as const
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class'

/** networking.k8s.io/v1 Ingress. */
export const ingressRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  create: (draft, context) => {
    const spec = ensure(draft, 'spec')
    if (spec['ingressClassName'] !== undefined) return
    if (child(child(draft, 'metadata'), 'annotations')?.['kubernetes.io/ingress.class'] !== undefined) return
    for (const candidate of context.list('networking.k8s.io', 'ingressclasses', '')) {
      const metadata = child(candidate, 'metadata')
      if (child(metadata, 'annotations')?.[DEFAULT_CLASS] === 'true') spec['ingressClassName'] = text(metadata, 'name')
    }
  },
  check: checkIngress,
}

/** networking.k8s.io/v1 IngressClass. */
export const ingressClassRules: KindRules = {
  clusterScoped: true,
  hasGeneration: true,
  defaults: (draft) => {
    const parameters = child(ensure(draft, 'spec'), 'parameters')
    if (parameters !== undefined) fill(parameters, 'scope', 'Cluster')
  },
  check: (object) => {
    const controller = text(child(object, 'spec'), 'controller')
    const [domain = '', ...rest] = controller.split('/')
    if (controller === '') return [required('spec.controller')]
    if (domain !== '' && rest.join('/') !== '') return []
    return [invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  },
  checkUpdate: (object, old) => {
    const controller = text(child(object, 'spec'), 'controller')
    return controller === text(child(old, 'spec'), 'controller')
      ? []
      : [invalid('spec.controller', controller, 'field is immutable')]
  },
}

/** networking.k8s.io/v1 NetworkPolicy. */
export const networkPolicyRules: KindRules = {
  hasGeneration: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    for (const direction of ['ingress', 'egress']) {
      for (const rule of children(spec, direction)) {
        for (const port of children(rule, 'ports')) fill(port, 'protocol', 'TCP')
      }
    }
    if (strings(spec, 'policyTypes').length === 0) {
      spec['policyTypes'] = children(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
    }
  },
  check: (object) => {
    const spec = child(object, 'spec')
    const errors = checkSelector(child(spec, 'podSelector'), 'spec.podSelector')
    for (const direction of ['ingress', 'egress'] as const) {
      for (const [index, rule] of children(spec, direction).entries()) {
        errors.push(...checkPolicyRule(rule, direction, `spec.${direction}[${index}]`))
      }
    }
    for (const [index, type] of strings(spec, 'policyTypes').entries()) {
      if (type !== 'Ingress' && type !== 'Egress')
        errors.push(unsupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']))
    }
    return errors
  },
}

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSliceRules: KindRules = {
  hasGeneration: true,
  defaults: (draft) => {
    for (const port of children(draft, 'ports')) {
      port['name'] ??= ''
      fill(port, 'protocol', 'TCP')
    }
  },
  check: (object) => {
    const errors: FieldError[] = []
    if (text(object, 'addressType') === '') {
      errors.push(required('addressType'))
    } else if (!['IPv4', 'IPv6', 'FQDN'].includes(text(object, 'addressType'))) {
      errors.push(unsupported('addressType', object['addressType'], ['FQDN', 'IPv4', 'IPv6']))
    }
    for (const [index, endpoint] of children(object, 'endpoints').entries()) {
      if (strings(endpoint, 'addresses').length === 0) errors.push(required(`endpoints[${index}].addresses`))
    }
    return errors
  },
  checkUpdate: (object, old) =>
    object['addressType'] === old['addressType'] ? [] : [immutable('addressType', undefined)],
}

/** v1 Endpoints. */
export const endpointsRules: KindRules = {
  defaults: (draft) => {
    for (const subset of children(draft, 'subsets')) {
      for (const port of children(subset, 'ports')) fill(port, 'protocol', 'TCP')
    }
  },
  check: (object) =>
    children(object, 'subsets').flatMap((subset, index) => [
      ...['addresses', 'notReadyAddresses'].flatMap((key) =>
        children(subset, key).flatMap((address, at) =>
          checkAddress(text(address, 'ip'), `subsets[${index}].${key}[${at}].ip`),
        ),
      ),
      ...children(subset, 'ports').flatMap((port, at) =>
        checkPortNumber(port['port'], `subsets[${index}].ports[${at}].port`),
      ),
    ]),
  warnings: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
}

function checkAddress(ip: string, field: string): FieldError[] {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip) && !ip.includes(':')) {
    return [invalid(field, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  }
  if (ip.startsWith('127.') || ip === '::1') {
    return [invalid(field, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
  }
  if (!ip.startsWith('169.254.') && !ip.startsWith('fe80:')) return []
  return [invalid(field, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
}

function checkIngress(object: Readonly<Draft>): FieldError[] {
  const spec = child(object, 'spec')
  const rules = children(spec, 'rules')
  const backend = child(spec, 'defaultBackend')
  const errors: FieldError[] = []
  if (rules.length === 0 && backend === undefined) {
    errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (backend !== undefined) errors.push(...checkBackend(backend, 'spec.defaultBackend'))
  for (const [index, rule] of rules.entries()) errors.push(...checkRule(rule, `spec.rules[${index}]`))
  const className = text(spec, 'ingressClassName')
  if (className !== '')
    errors.push(...dnsSubdomain(className).map((fault) => invalid('spec.ingressClassName', className, fault)))
  return errors
}

function checkRule(rule: Readonly<Draft>, field: string): FieldError[] {
  const errors: FieldError[] = []
  const host = text(rule, 'host')
  if (/^\d+(\.\d+){3}$/.test(host)) errors.push(invalid(`${field}.host`, host, 'must be a DNS name, not an IP address'))
  const checked = host.startsWith('*.') ? host.slice(2) : host
  if (checked !== '') {
    errors.push(
      ...dnsSubdomain(checked).map((fault) =>
        invalid(
          `${field}.host`,
          host,
          host.includes('*')
            ? "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            : fault,
        ),
      ),
    )
  }
  const http = child(rule, 'http')
  if (http === undefined) return errors
  const paths = children(http, 'paths')
  if (paths.length === 0) errors.push(required(`${field}.http.paths`))
  for (const [index, path] of paths.entries()) errors.push(...checkPath(path, `${field}.http.paths[${index}]`))
  return errors
}

function checkPath(path: Readonly<Draft>, field: string): FieldError[] {
  const type = text(path, 'pathType')
  if (type === '') return [required(`${field}.pathType`, 'pathType must be specified')]
  const errors: FieldError[] = []
  const written = text(path, 'path')
  if (!(PATH_TYPES as readonly string[]).includes(type)) errors.push(unsupported(`${field}.pathType`, type, PATH_TYPES))
  else if (!written.startsWith('/') && (type !== 'ImplementationSpecific' || written !== '')) {
    errors.push(invalid(`${field}.path`, written, 'must be an absolute path'))
  }
  if (type === 'Exact' || type === 'Prefix') {
    for (const part of FORBIDDEN_IN_PATHS) {
      if (written.includes(part)) errors.push(invalid(`${field}.path`, written, `must not contain '${part}'`))
    }
    for (const ending of FORBIDDEN_ENDINGS) {
      if (written.endsWith(ending)) errors.push(invalid(`${field}.path`, written, `cannot end with '${ending}'`))
    }
  }
  return [...errors, ...checkBackend(child(path, 'backend'), `${field}.backend`)]
}

function checkBackend(backend: Readonly<Draft> | undefined, field: string): FieldError[] {
  const service = child(backend, 'service')
  const resource = child(backend, 'resource')
  if (service !== undefined && resource !== undefined) {
    return [invalid(field, '', 'cannot set both resource and service backends')]
  }
  if (resource !== undefined) return text(resource, 'name') === '' ? [required(`${field}.resource.name`)] : []
  if (service === undefined) return [invalid(field, '', 'resource or service backend is required')]
  const name = text(service, 'name')
  const errors =
    name === ''
      ? [required(`${field}.service.name`)]
      : dnsLabel(name).map((fault) => invalid(`${field}.service.name`, name, fault))
  const port = child(service, 'port')
  const named = text(port, 'name')
  const number = port?.['number'] ?? 0
  if (named !== '' && number !== 0) errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (named !== '')
    errors.push(...portName(named).map((fault) => invalid(`${field}.service.port.name`, named, fault)))
  else if (number !== 0) errors.push(...checkPortNumber(number, `${field}.service.port.number`))
  else errors.push(required(field, 'port name or number is required'))
  return errors
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return more.length === 0 && /^\d+$/.test(bits) && Number(bits) <= most
}

function checkPolicyRule(rule: Readonly<Draft>, direction: 'ingress' | 'egress', field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, port] of children(rule, 'ports').entries()) {
    const at = `${field}.ports[${index}]`
    errors.push(...checkProtocol(port['protocol'], `${at}.protocol`))
    if (typeof port['port'] === 'number') errors.push(...checkPortNumber(port['port'], `${at}.port`))
    if (typeof port['port'] === 'string') {
      const written = port['port']
      errors.push(...portName(written).map((fault) => invalid(`${at}.port`, written, fault)))
    }
  }
  const peers = direction === 'ingress' ? 'from' : 'to'
  for (const [index, peer] of children(rule, peers).entries()) {
    const at = `${field}.${peers}[${index}]`
    const kinds = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((key) => child(peer, key) !== undefined)
    if (kinds.length === 0) errors.push(required(at, 'must specify a peer'))
    errors.push(...checkSelector(child(peer, 'podSelector'), `${at}.podSelector`))
    errors.push(...checkSelector(child(peer, 'namespaceSelector'), `${at}.namespaceSelector`))
    const cidr = text(child(peer, 'ipBlock'), 'cidr')
    if (child(peer, 'ipBlock') !== undefined && !isCidr(cidr)) {
      errors.push(
        invalid(`${at}.ipBlock.cidr`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
      )
    }
  }
  return errors
}
