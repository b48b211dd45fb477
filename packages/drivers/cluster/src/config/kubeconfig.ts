import { FailureError } from '@kedge/base'
import { parseYaml } from '@kedge/yaml'

import type { IdentityInput } from '../client/identity.ts'
import { field, textField } from '../transport/api-answer.ts'

/** A kubeconfig's content, and what files it names are relative to. */
export interface KubeconfigFile {
  /** For messages. */
  readonly file: string
  readonly folder: string
  readonly value: unknown
}

/** One context of a kubeconfig with what it points to. */
export interface KubeconfigContext {
  readonly name: string
  readonly namespace: string
  readonly server: string
  readonly cluster: ClusterEntry
  readonly user: UserEntry
}

/** The fields of a cluster entry that are understood. */
interface ClusterEntry {
  /** What its files are relative to. */
  readonly folder: string
  readonly caData?: string
  readonly caFile?: string
  readonly tlsServerName?: string
  readonly insecure: boolean
  readonly proxyUrl?: string
}

/** The fields of a user entry that are understood. */
interface UserEntry {
  /** What its files are relative to. */
  readonly folder: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly certData?: string
  readonly certFile?: string
  readonly keyData?: string
  readonly keyFile?: string
  /** Whom requests are made as. */
  readonly impersonate?: IdentityInput
  /** A program or provider to ask for credentials, as the file says it. */
  readonly exec?: unknown
  readonly authProvider?: unknown
}

const maxKubeconfigLength = 1024 * 1024

/** A kubeconfig's text as a value. Throws FailureError `kubeconfig-invalid`, which shows nothing of the content. */
export function parseKubeconfig(text: string, file: string): unknown {
  if (text.length > maxKubeconfigLength) throw invalid(file, `it has more than ${maxKubeconfigLength} characters`)
  let value: unknown
  try {
    value = parseYaml(text, { file })
  } catch (error) {
    // A YAML error may quote the line, and the line may hold a token.
    const line = error instanceof FailureError ? error.failure.origin?.line : undefined
    throw invalid(file, line === undefined ? 'it is no valid YAML' : `line ${line} is no valid YAML`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(file, 'it is no mapping')
  return value
}

/**
 * A context, the current one where none is named. Of several files the first that has an entry of a name counts, as
 * kubectl does it. Throws FailureError when the context, its cluster or its user is missing.
 */
export function kubeconfigContext(files: readonly KubeconfigFile[], wanted?: string): KubeconfigContext {
  const name = wanted ?? files.map(({ value }) => textField(value, 'current-context') ?? '').find(isSet) ?? ''
  const all = files.map(({ file }) => file).join(', ')
  const context = find(files, 'contexts', name)
  if (context === undefined) throw unknownContext(files, name)
  const body = field(context.entry, 'context')
  const cluster = find(files, 'clusters', textField(body, 'cluster') ?? '')
  const server = textField(field(cluster?.entry, 'cluster'), 'server')
  if (cluster === undefined || server === undefined || !isHttpUrl(server)) {
    throw invalid(all, `context ${JSON.stringify(name)} points to no cluster with a usable server`)
  }
  const user = find(files, 'users', textField(body, 'user') ?? '')
  return {
    name,
    server,
    namespace: textField(body, 'namespace') ?? 'default',
    cluster: clusterEntry(field(cluster.entry, 'cluster'), cluster.folder),
    user: userEntry(field(user?.entry, 'user'), user?.folder ?? cluster.folder),
  }
}

function unknownContext(files: readonly KubeconfigFile[], name: string): FailureError {
  const all = files.map(({ file }) => file).join(', ')
  const known = files
    .flatMap(({ value }) => entries(value, 'contexts'))
    .flatMap((entry) => textField(entry, 'name') ?? [])
    .slice(0, 10)
    .join(', ')
  return new FailureError({
    code: 'kubeconfig-context',
    message: name === '' ? `${all} names no current context` : `${all} has no context ${JSON.stringify(name)}`,
    fix: known === '' ? 'add a context' : `use --context with one of: ${known}`,
  })
}

function clusterEntry(cluster: unknown, folder: string): ClusterEntry {
  return {
    folder,
    ...text(cluster, 'certificate-authority-data', 'caData'),
    ...text(cluster, 'certificate-authority', 'caFile'),
    ...text(cluster, 'tls-server-name', 'tlsServerName'),
    ...text(cluster, 'proxy-url', 'proxyUrl'),
    insecure: field(cluster, 'insecure-skip-tls-verify') === true,
  }
}

function userEntry(user: unknown, folder: string): UserEntry {
  const exec = field(user, 'exec')
  const authProvider = field(user, 'auth-provider')
  const impersonate = impersonation(user)
  return {
    folder,
    ...text(user, 'token', 'token'),
    ...text(user, 'tokenFile', 'tokenFile'),
    ...text(user, 'username', 'username'),
    ...text(user, 'password', 'password'),
    ...text(user, 'client-certificate-data', 'certData'),
    ...text(user, 'client-certificate', 'certFile'),
    ...text(user, 'client-key-data', 'keyData'),
    ...text(user, 'client-key', 'keyFile'),
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(isSet(exec) ? { exec } : {}),
    ...(isSet(authProvider) ? { authProvider } : {}),
  }
}

/** Groups without a user are kept, so that using them fails rather than being forgotten. */
function impersonation(user: unknown): IdentityInput | undefined {
  const names = ['as', 'as-uid', 'as-groups', 'as-user-extra']
  if (!names.some((name) => isSet(field(user, name)))) return undefined
  const groups = field(user, 'as-groups')
  const uid = textField(user, 'as-uid')
  const extra = field(user, 'as-user-extra')
  const values = typeof extra === 'object' && extra !== null ? Object.entries(extra) : []
  return {
    user: textField(user, 'as') ?? '',
    groups: Array.isArray(groups) ? groups.map(String) : [],
    ...(uid === undefined ? {} : { uid }),
    extra: Object.fromEntries(values.map(([key, list]) => [key, Array.isArray(list) ? list.map(String) : []])),
  }
}

function text<Name extends string>(value: unknown, source: string, name: Name): { readonly [K in Name]?: string } {
  const found = textField(value, source)
  const entry: { readonly [K in Name]?: string } = {}
  return found === undefined || found === '' ? entry : { ...entry, [name]: found }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function isHttpUrl(server: string): boolean {
  if (!URL.canParse(server)) return false
  const { protocol, username, password } = new URL(server)
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}

function entries(kubeconfig: unknown, list: string): readonly unknown[] {
  const found = field(kubeconfig, list)
  return Array.isArray(found) ? found : []
}

function find(
  files: readonly KubeconfigFile[],
  list: string,
  name: string,
): { readonly entry: unknown; readonly folder: string } | undefined {
  for (const { value, folder } of files) {
    const entry = entries(value, list).find((each) => textField(each, 'name') === name)
    if (entry !== undefined) return { entry, folder }
  }
  return undefined
}

/** The Failure of a kubeconfig that cannot be used. */
export function invalid(file: string, why: string): FailureError {
  return new FailureError({
    code: 'kubeconfig-invalid',
    message: `the kubeconfig ${file} cannot be used: ${why}`,
    fix: 'compare it with what `kubectl config view` shows',
  })
}
