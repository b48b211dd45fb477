import { gvkOf, type KubeObject } from '@kedge/manifest'

import { isRecord } from '../canonical.ts'

/** Set by the server, or meaningless in a source. */
const serverFields = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * A source's object as it can be applied again and again with the same meaning: without status and server-set fields,
 * without nulls in built-in kinds, `stringData` of Secrets folded into `data`, and the ports' default protocol named,
 * because it is part of the key by which the server tells list items apart.
 */
export function cleanObject(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object
  const builtIn = isBuiltIn(gvkOf(object).group)
  const cleaned = { ...rest, metadata: cleanMetadata(object.metadata) }
  const bare = builtIn ? (withoutNulls(cleaned) as KubeObject) : cleaned
  if (!builtIn) return bare
  return object.kind === 'Secret' ? foldStringData(bare) : nameProtocols(bare)
}

/** Built-in groups have no dot, or end in `.k8s.io`; a few custom ones do too, where the difference does not matter. */
function isBuiltIn(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io')
}

function cleanMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const kept = Object.entries(metadata).filter(
    ([name, value]) => !serverFields.includes(name) && value !== null && value !== undefined,
  )
  const { annotations, ...rest } = Object.fromEntries(kept) as KubeObject['metadata']
  if (annotations === undefined) return rest
  const { [lastApplied]: _lastApplied, ...others } = annotations
  return { ...rest, annotations: others }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined)
      .map(([name, field]) => [name, withoutNulls(field)]),
  )
}

function foldStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  if (!isRecord(stringData)) return secret
  const encoded = Object.entries(stringData).map(([name, text]) => [name, encodeBase64(String(text))])
  const data = isRecord(secret['data']) ? secret['data'] : {}
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } }
}

function encodeBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** Service ports and container ports, wherever a pod template stands. */
function nameProtocols(object: KubeObject): KubeObject {
  const spec = object['spec']
  if (!isRecord(spec)) return object
  if (object.kind === 'Service') return { ...object, spec: withPorts(spec) }
  return { ...object, spec: mapPodSpecs(spec) }
}

function mapPodSpecs(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const next: Record<string, unknown> = { ...spec }
  for (const list of ['containers', 'initContainers']) {
    const containers = spec[list]
    if (Array.isArray(containers)) next[list] = containers.map((one) => (isRecord(one) ? withPorts(one) : one))
  }
  for (const holder of ['template', 'jobTemplate']) {
    const template = spec[holder]
    if (isRecord(template) && isRecord(template['spec'])) {
      next[holder] = { ...template, spec: mapPodSpecs(template['spec']) }
    }
  }
  return next
}

function withPorts(holder: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const ports = holder['ports']
  if (!Array.isArray(ports)) return holder
  return {
    ...holder,
    ports: ports.map((port) =>
      isRecord(port) && port['protocol'] === undefined ? { ...port, protocol: 'TCP' } : port,
    ),
  }
}
