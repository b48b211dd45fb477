import type { Draft } from '../contracts.ts'
import { asDraft, child, children, ensure, fill } from './draft.ts'

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const
const VOLUME_MODE = 420

/** Fills the metadata and spec of a pod template as the server's defaulting does. */
export function defaultPodTemplate(template: Draft | undefined): void {
  const spec = child(template, 'spec')
  if (spec !== undefined) defaultPodSpec(spec)
}

/** Fills a pod spec with what every workload's template gets. */
export function defaultPodSpec(spec: Draft): void {
  if (spec['serviceAccountName'] === undefined && spec['serviceAccount'] !== undefined) {
    spec['serviceAccountName'] = spec['serviceAccount']
  }
  const account = spec['serviceAccountName']
  if (account !== undefined && account !== '' && spec['serviceAccount'] !== account) spec['serviceAccount'] = account
  fill(spec, 'dnsPolicy', 'ClusterFirst')
  fill(spec, 'restartPolicy', 'Always')
  fill(spec, 'securityContext', {})
  fill(spec, 'terminationGracePeriodSeconds', 30)
  // Too little is the least.
  if (Number(spec['terminationGracePeriodSeconds']) < 0) spec['terminationGracePeriodSeconds'] = 1
  fill(spec, 'schedulerName', 'default-scheduler')
  const hostNetwork = spec['hostNetwork'] === true
  for (const list of CONTAINER_LISTS) {
    for (const container of children(spec, list)) defaultContainer(container, hostNetwork)
  }
  for (const volume of children(spec, 'volumes')) defaultVolume(volume)
}

/** Fills what only pods themselves get, not templates: requests from limits, service links. */
export function defaultPod(spec: Draft): void {
  for (const list of ['initContainers', 'containers'] as const) {
    for (const container of children(spec, list)) requestsFromLimits(container)
  }
  fill(spec, 'enableServiceLinks', true)
}

/** The tag of an image reference; `latest` when it names neither tag nor digest, empty with a digest alone. */
export function imageTag(image: string): string {
  const [named = '', digest] = image.split('@')
  const colon = named.lastIndexOf(':')
  if (colon > named.lastIndexOf('/')) return named.slice(colon + 1)
  return digest === undefined ? 'latest' : ''
}

function requestsFromLimits(container: Draft): void {
  const resources = child(container, 'resources')
  const limits = child(resources, 'limits')
  if (resources === undefined || limits === undefined) return
  const requests = ensure(resources, 'requests')
  for (const [name, value] of Object.entries(limits)) requests[name] ??= value
}

function defaultContainer(container: Draft, hostNetwork: boolean): void {
  const image = container['image']
  fill(
    container,
    'imagePullPolicy',
    typeof image === 'string' && imageTag(image) !== 'latest' ? 'IfNotPresent' : 'Always',
  )
  fill(container, 'terminationMessagePath', '/dev/termination-log')
  fill(container, 'terminationMessagePolicy', 'File')
  for (const port of children(container, 'ports')) {
    fill(port, 'protocol', 'TCP')
    if (hostNetwork && (port['hostPort'] ?? 0) === 0) port['hostPort'] = port['containerPort']
  }
  for (const variable of children(container, 'env')) {
    const fieldRef = child(child(variable, 'valueFrom'), 'fieldRef')
    if (fieldRef !== undefined) fill(fieldRef, 'apiVersion', 'v1')
  }
  for (const name of PROBES) {
    const probe = child(container, name)
    if (probe !== undefined) defaultProbe(probe)
  }
  const lifecycle = child(container, 'lifecycle')
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(child(child(lifecycle, hook), 'httpGet'))
}

function defaultProbe(probe: Draft): void {
  fillNumber(probe, 'timeoutSeconds', 1)
  fillNumber(probe, 'periodSeconds', 10)
  fillNumber(probe, 'successThreshold', 1)
  fillNumber(probe, 'failureThreshold', 3)
  defaultHttpGet(child(probe, 'httpGet'))
  const grpc = child(probe, 'grpc')
  if (grpc !== undefined) grpc['service'] ??= ''
}

function fillNumber(draft: Draft, key: string, value: number): void {
  if (draft[key] === 0) delete draft[key]
  fill(draft, key, value)
}

function defaultHttpGet(action: Draft | undefined): void {
  if (action === undefined) return
  fill(action, 'path', '/')
  fill(action, 'scheme', 'HTTP')
}

function defaultVolume(volume: Draft): void {
  if (Object.keys(volume).every((key) => key === 'name' || volume[key] === null)) volume['emptyDir'] = {}
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const settings = child(volume, source)
    if (settings !== undefined) fill(settings, 'defaultMode', VOLUME_MODE)
  }
  const hostPath = child(volume, 'hostPath')
  if (hostPath !== undefined) hostPath['type'] ??= ''
  defaultFieldRefs(child(volume, 'downwardAPI'))
  for (const source of children(child(volume, 'projected'), 'sources')) {
    defaultFieldRefs(child(source, 'downwardAPI'))
    const token = child(source, 'serviceAccountToken')
    if (token !== undefined) fill(token, 'expirationSeconds', 3600)
  }
  const claim = child(child(child(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec')
  if (claim !== undefined) fill(claim, 'volumeMode', 'Filesystem')
  defaultDiskVolume(volume)
}

function defaultFieldRefs(source: Draft | undefined): void {
  for (const item of children(source, 'items')) {
    const fieldRef = child(item, 'fieldRef')
    if (fieldRef !== undefined) fill(fieldRef, 'apiVersion', 'v1')
  }
}

const DISK_DEFAULTS: Readonly<Record<string, Readonly<Draft>>> = {
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
}

/** Fills the sources that pods and PersistentVolumes share. */
export function defaultDiskVolume(volume: Draft): void {
  for (const [source, defaults] of Object.entries(DISK_DEFAULTS)) {
    const settings = asDraft(volume[source])
    if (settings === undefined) continue
    for (const [key, value] of Object.entries(defaults)) fill(settings, key, value)
  }
}
