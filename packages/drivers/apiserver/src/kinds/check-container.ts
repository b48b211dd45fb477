import type { Draft, FieldError } from '../contracts.ts'
import { checkUnique } from './check-metadata.ts'
import { child, children, numeric, text } from './draft.ts'
import { duplicate, forbidden, invalid, notFound, required, unsupported } from './field-errors.ts'
import { configKey, dnsLabel, dnsSubdomain, envName, portName } from './names.ts'
import { isQuantity, quantityNanos } from './quantity.ts'

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'] as const
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const
const PROBE_NUMBERS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

/** What a container list of a pod spec must keep to. */
export function checkContainers(
  containers: readonly Readonly<Draft>[],
  volumes: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const errors = checkUnique(containers, 'name', (index) => `${field}[${index}].name`)
  for (const [index, container] of containers.entries()) {
    errors.push(...checkContainer(container, volumes, `${field}[${index}]`))
  }
  return errors
}

/** A number that must not be negative. */
export function checkNonNegative(draft: Readonly<Draft> | undefined, key: string, field: string): FieldError[] {
  const value = numeric(draft, key)
  return value !== undefined && value < 0
    ? [invalid(`${field}.${key}`, value, 'must be greater than or equal to 0')]
    : []
}

/** A port number of 1 to 65535. */
export function checkPortNumber(value: unknown, field: string): FieldError[] {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
  return fits ? [] : [invalid(field, value, 'must be between 1 and 65535, inclusive')]
}

/** A port given by number or by the name of a container port. */
export function checkPortReference(value: unknown, field: string): FieldError[] {
  if (typeof value !== 'string') return checkPortNumber(value, field)
  return portName(value).map((fault) => invalid(field, value, fault))
}

/** A protocol of a port. */
export function checkProtocol(value: unknown, field: string): FieldError[] {
  return (PROTOCOLS as readonly unknown[]).includes(value) ? [] : [unsupported(field, value, PROTOCOLS)]
}

function checkContainer(container: Readonly<Draft>, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const errors: FieldError[] = []
  const name = text(container, 'name')
  if (name === '') errors.push(required(`${field}.name`))
  else errors.push(...dnsLabel(name).map((fault) => invalid(`${field}.name`, name, fault)))
  const image = text(container, 'image')
  if (image === '') errors.push(required(`${field}.image`))
  else if (image !== image.trim())
    errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'))
  errors.push(...oneOf(container, 'terminationMessagePolicy', { field, allowed: MESSAGE_POLICIES }))
  errors.push(...checkContainerPorts(children(container, 'ports'), `${field}.ports`))
  for (const [index, variable] of children(container, 'env').entries()) {
    errors.push(...checkVariable(variable, `${field}.env[${index}]`))
  }
  errors.push(...checkEnvFrom(children(container, 'envFrom'), `${field}.envFrom`))
  errors.push(...checkMounts(children(container, 'volumeMounts'), volumes, `${field}.volumeMounts`))
  errors.push(...oneOf(container, 'imagePullPolicy', { field, allowed: PULL_POLICIES }))
  errors.push(...checkResources(child(container, 'resources'), `${field}.resources`))
  errors.push(...checkProbes(container, field))
  return errors
}

/** A text field that must be one of a closed set; absent is fine. */
export function oneOf(
  draft: Readonly<Draft> | undefined,
  key: string,
  options: { readonly field: string; readonly allowed: readonly string[] },
): FieldError[] {
  const value = draft?.[key]
  if (value === undefined || options.allowed.includes(value as string)) return []
  return [unsupported(`${options.field}.${key}`, value, options.allowed)]
}

function checkContainerPorts(ports: readonly Readonly<Draft>[], field: string): FieldError[] {
  const errors = checkUnique(ports, 'name', (index) => `${field}[${index}].name`)
  for (const [index, port] of ports.entries()) {
    const at = `${field}[${index}]`
    const name = text(port, 'name')
    if (name !== '') errors.push(...portName(name).map((fault) => invalid(`${at}.name`, name, fault)))
    if ((port['containerPort'] ?? 0) === 0) errors.push(required(`${at}.containerPort`))
    else errors.push(...checkPortNumber(port['containerPort'], `${at}.containerPort`))
    if ((port['hostPort'] ?? 0) !== 0) errors.push(...checkPortNumber(port['hostPort'], `${at}.hostPort`))
    errors.push(...checkProtocol(port['protocol'], `${at}.protocol`))
  }
  return errors
}

function checkVariable(variable: Readonly<Draft>, field: string): FieldError[] {
  const name = text(variable, 'name')
  const errors =
    name === '' ? [required(`${field}.name`)] : envName(name).map((fault) => invalid(`${field}.name`, name, fault))
  const valueFrom = child(variable, 'valueFrom')
  if (valueFrom === undefined) return errors
  const sources = Object.keys(valueFrom).filter((key) => valueFrom[key] !== undefined)
  if (text(variable, 'value') !== '' && sources.length > 0) {
    errors.push(invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'))
  } else if (sources.length > 1) {
    errors.push(invalid(`${field}.valueFrom`, '', 'may not have more than one field specified at a time'))
  } else if (sources.length === 0) {
    errors.push(
      invalid(
        `${field}.valueFrom`,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    )
  }
  for (const source of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const reference = child(valueFrom, source)
    if (reference === undefined) continue
    const key = text(reference, 'key')
    if (key === '') errors.push(required(`${field}.valueFrom.${source}.key`))
    else errors.push(...configKey(key).map((fault) => invalid(`${field}.valueFrom.${source}.key`, key, fault)))
  }
  return errors
}

function checkEnvFrom(sources: readonly Readonly<Draft>[], field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, source] of sources.entries()) {
    const at = `${field}[${index}]`
    const references = ['configMapRef', 'secretRef'].filter((key) => child(source, key) !== undefined)
    if (references.length === 0) errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (references.length > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'))
    for (const key of references) {
      const name = text(child(source, key), 'name')
      if (name === '') errors.push(required(`${at}.${key}.name`))
      else errors.push(...dnsSubdomain(name).map((fault) => invalid(`${at}.${key}.name`, name, fault)))
    }
  }
  return errors
}

function checkMounts(mounts: readonly Readonly<Draft>[], volumes: ReadonlySet<string>, field: string): FieldError[] {
  const errors: FieldError[] = []
  const paths = new Set<string>()
  for (const [index, mount] of mounts.entries()) {
    const at = `${field}[${index}]`
    const name = text(mount, 'name')
    const mountPath = text(mount, 'mountPath')
    if (name === '') errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name))
    if (mountPath === '') errors.push(required(`${at}.mountPath`))
    if (paths.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    const subPath = text(mount, 'subPath')
    if (subPath.startsWith('/')) errors.push(invalid(`${field}.subPath`, subPath, 'must be a relative path'))
    if (subPath.split('/').includes('..')) errors.push(invalid(`${field}.subPath`, subPath, "must not contain '..'"))
  }
  return errors
}

function checkResources(resources: Readonly<Draft> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  const limits = child(resources, 'limits') ?? {}
  const requests = child(resources, 'requests') ?? {}
  for (const [list, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(values)) {
      const at = `${field}.${list}[${name}]`
      if (!isQuantity(value))
        errors.push(
          invalid(
            at,
            value,
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
          ),
        )
      else if ((quantityNanos(value) ?? 0n) < 0n) errors.push(invalid(at, value, 'must be greater than or equal to 0'))
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = quantityNanos(limits[name])
    const request = quantityNanos(value)
    if (limit !== undefined && request !== undefined && request > limit) {
      errors.push(
        invalid(`${field}.requests`, value, `must be less than or equal to ${name} limit of ${String(limits[name])}`),
      )
    }
  }
  return errors
}

function checkProbes(container: Readonly<Draft>, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = child(container, name)
    if (probe === undefined) continue
    const at = `${field}.${name}`
    errors.push(...checkHandler(probe, at))
    for (const key of PROBE_NUMBERS) errors.push(...checkNonNegative(probe, key, at))
    if (name !== 'readinessProbe' && probe['successThreshold'] !== undefined && probe['successThreshold'] !== 1) {
      errors.push(invalid(`${at}.successThreshold`, probe['successThreshold'], 'must be 1'))
    }
  }
  const lifecycle = child(container, 'lifecycle')
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = child(lifecycle, hook)
    if (handler !== undefined) errors.push(...checkHandler(handler, `${field}.lifecycle.${hook}`))
  }
  return errors
}

function checkHandler(handler: Readonly<Draft>, field: string): FieldError[] {
  const given = HANDLERS.filter((name) => child(handler, name) !== undefined)
  const errors = given.slice(1).map((name) => forbidden(`${field}.${name}`, 'may not specify more than 1 handler type'))
  const [first] = given
  if (first === undefined) return [required(field, 'must specify a handler type')]
  const action = child(handler, first)
  if (first === 'httpGet' || first === 'tcpSocket') {
    errors.push(...checkPortReference(action?.['port'], `${field}.${first}.port`))
  }
  if (first === 'exec' && (!Array.isArray(action?.['command']) || action['command'].length === 0)) {
    errors.push(required(`${field}.exec.command`))
  }
  if (first === 'httpGet') {
    if (text(action, 'path') === '') errors.push(required(`${field}.httpGet.path`))
    errors.push(...oneOf(action, 'scheme', { field: `${field}.httpGet`, allowed: ['HTTP', 'HTTPS'] }))
  }
  return errors
}

/** Host ports that two containers of a pod both want. */
export function checkHostPorts(containers: readonly Readonly<Draft>[], field: string): FieldError[] {
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const [index, container] of containers.entries()) {
    for (const [portIndex, port] of children(container, 'ports').entries()) {
      const hostPort = numeric(port, 'hostPort') ?? 0
      if (hostPort === 0) continue
      const key = `${text(port, 'protocol')}/${text(port, 'hostIP')}/${hostPort}`
      if (seen.has(key)) errors.push(duplicate(`${field}[${index}].ports[${portIndex}].hostPort`, key))
      seen.add(key)
    }
  }
  return errors
}
