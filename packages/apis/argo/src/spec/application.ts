import { fail, ok, type Failure, type Result } from '@kedge/base'
import { describeKey, keyOf, type KubeObject } from '@kedge/manifest'

import { asRecord, flagAt, listAt, textAt } from '../json.ts'

/** An Application's spec, as far as this version reads it, with its defaults filled in. */
export interface ApplicationSpec {
  readonly project: string
  readonly source: ApplicationSource
  readonly destination: Destination
  readonly automated: Automated | undefined
  readonly syncOptions: SyncOptions
  readonly retry: Retry | undefined
  /** History entries kept; 0 keeps none. */
  readonly historyLimit: number
}

/** One directory of a Git repository. `raw` is what the spec says, for comparing and for the history. */
export interface ApplicationSource {
  readonly repoUrl: string
  readonly path: string
  readonly targetRevision: string
  readonly directory: DirectoryOptions | undefined
  readonly kustomize: KustomizeOptions | undefined
  readonly raw: Readonly<Record<string, unknown>>
}

export interface DirectoryOptions {
  readonly recurse: boolean
  /** Glob patterns over paths, with `{a,b}` alternatives; empty takes all. */
  readonly include: string
  readonly exclude: string
}

export interface KustomizeOptions {
  readonly namePrefix: string
  readonly nameSuffix: string
  readonly namespace: string
  /** `name=new:tag`, `name:tag`, `name@digest`. */
  readonly images: readonly string[]
}

export interface Destination {
  readonly server: string
  readonly name: string
  readonly namespace: string
}

export interface Automated {
  readonly prune: boolean
  readonly selfHeal: boolean
  readonly allowEmpty: boolean
}

export interface Retry {
  /** Attempts after the first; negative for no limit. */
  readonly limit: number
  readonly delayMs: number
  readonly factor: number
  readonly maxDelayMs: number
}

/** `Key=value` options of the whole application. */
export interface SyncOptions {
  readonly createNamespace: boolean
  readonly prune: boolean
  readonly propagation: 'foreground' | 'background' | 'orphan'
  readonly replaceForce: boolean
}

/** The server that means the cluster the engine runs against. */
export const inClusterServer = 'https://kubernetes.default.svc'

/** Reads and checks an Application; a failure becomes its InvalidSpecError condition. */
export function readApplication(object: KubeObject): Result<ApplicationSpec> {
  const spec = asRecord(object['spec']) ?? {}
  const failure = unsupported(spec)
  if (failure !== undefined) return fail({ ...failure, object: describeKey(keyOf(object)) })
  const policy = asRecord(spec['syncPolicy'])
  const limit = spec['revisionHistoryLimit']
  return ok({
    project: textAt(spec, 'project') || 'default',
    source: readSource(asRecord(spec['source']) ?? {}),
    destination: readDestination(asRecord(spec['destination'])),
    automated: readAutomated(policy),
    syncOptions: readSyncOptions(listAt(policy, 'syncOptions')),
    retry: readRetry(asRecord(policy?.['retry'])),
    historyLimit: typeof limit === 'number' ? Math.max(0, limit) : 10,
  })
}

/** A source of a spec, an operation or a history entry. */
export function readSource(raw: Readonly<Record<string, unknown>>): ApplicationSource {
  const directory = asRecord(raw['directory'])
  const kustomize = asRecord(raw['kustomize'])
  return {
    repoUrl: textAt(raw, 'repoURL'),
    path: textAt(raw, 'path'),
    targetRevision: textAt(raw, 'targetRevision'),
    directory:
      directory === undefined
        ? undefined
        : {
            recurse: flagAt(directory, 'recurse'),
            include: textAt(directory, 'include'),
            exclude: textAt(directory, 'exclude'),
          },
    kustomize:
      kustomize === undefined
        ? undefined
        : {
            namePrefix: textAt(kustomize, 'namePrefix'),
            nameSuffix: textAt(kustomize, 'nameSuffix'),
            namespace: textAt(kustomize, 'namespace'),
            images: listAt(kustomize, 'images').filter((item) => typeof item === 'string'),
          },
    raw,
  }
}

function readDestination(raw: Readonly<Record<string, unknown>> | undefined): Destination {
  return { server: textAt(raw, 'server'), name: textAt(raw, 'name'), namespace: textAt(raw, 'namespace') }
}

function readAutomated(policy: Readonly<Record<string, unknown>> | undefined): Automated | undefined {
  const automated = asRecord(policy?.['automated'])
  if (automated === undefined || automated['enabled'] === false) return undefined
  return {
    prune: flagAt(automated, 'prune'),
    selfHeal: flagAt(automated, 'selfHeal'),
    allowEmpty: flagAt(automated, 'allowEmpty'),
  }
}

/** The options that this version knows; later ones win. */
export function readSyncOptions(options: readonly unknown[]): SyncOptions {
  const values = new Map<string, string>()
  for (const option of options) {
    if (typeof option !== 'string') continue
    const [key = '', value = ''] = option.split('=', 2)
    values.set(key.trim(), value.trim())
  }
  const propagation = values.get('PrunePropagationPolicy')
  return {
    createNamespace: values.get('CreateNamespace') === 'true',
    prune: values.get('Prune') !== 'false',
    propagation: propagation === 'background' || propagation === 'orphan' ? propagation : 'foreground',
    replaceForce: values.get('Force') === 'true',
  }
}

/** The retry policy of a spec or an operation; Argo CD's delays where it names none. */
export function readRetry(raw: Readonly<Record<string, unknown>> | undefined): Retry | undefined {
  if (raw === undefined) return undefined
  const backOff = asRecord(raw['backoff'])
  const limit = raw['limit']
  const factor = backOff?.['factor']
  return {
    limit: typeof limit === 'number' ? limit : 0,
    delayMs: durationMs(textAt(backOff, 'duration')) ?? 5_000,
    factor: typeof factor === 'number' ? factor : 2,
    maxDelayMs: durationMs(textAt(backOff, 'maxDuration')) ?? 180_000,
  }
}

/** Seconds as a plain number, or Go's form. */
function durationMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text)
  if (match === null || text === '') return undefined
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}

function unsupported(spec: Readonly<Record<string, unknown>>): Failure | undefined {
  if (spec['sourceHydrator'] !== undefined)
    return invalid('spec.sourceHydrator is not supported by this version of Kedge')
  if (listAt(spec, 'sources').length > 0)
    return invalid('spec.sources is not supported by this version of Kedge; use spec.source')
  const source = asRecord(spec['source'])
  if (source === undefined || textAt(source, 'repoURL') === '') return invalid('spec.source.repoURL is required')
  if (textAt(source, 'chart') !== '')
    return invalid('spec.source.chart: Helm charts are not supported by this version of Kedge')
  for (const tool of ['helm', 'plugin']) {
    const value = asRecord(source[tool])
    if (value !== undefined && Object.keys(value).length > 0) {
      return invalid(`spec.source.${tool} is not supported by this version of Kedge`)
    }
  }
  if (asRecord(source['directory'])?.['jsonnet'] !== undefined)
    return invalid('spec.source.directory.jsonnet is not supported by this version of Kedge')
  if (textAt(source, 'path') === '') return invalid('spec.source.path is required')
  return checkDestination(readDestination(asRecord(spec['destination'])))
}

function checkDestination(destination: Destination): Failure | undefined {
  const { server, name } = destination
  if (server !== '' && name !== '') return invalid("application destination can't have both name and server defined")
  if (server === '' && name === '') return invalid('destination server missing from app spec')
  const isOwn = server.replace(/\/$/, '') === inClusterServer || name === 'in-cluster'
  return isOwn
    ? undefined
    : invalid(`there are no clusters with this ${server === '' ? `name: ${name}` : `URL: ${server}`}`)
}

function invalid(message: string): Failure {
  return { code: 'InvalidSpecError', message }
}
