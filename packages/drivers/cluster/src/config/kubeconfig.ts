import { FailureError } from '@kedge/base'
import { parseYaml } from '@kedge/yaml'

import { field, textField } from '../transport/api-answer.ts'

/** One context of a kubeconfig with what it points to, still as the file says it. */
export interface KubeconfigContext {
  readonly name: string
  readonly namespace: string
  readonly server: string
  readonly cluster: ClusterEntry
  readonly user: UserEntry
}

/** The fields of a cluster entry that are understood. Files are as written, relative to the kubeconfig's folder. */
interface ClusterEntry {
  readonly caData?: string
  readonly caFile?: string
  readonly tlsServerName?: string
  readonly insecure: boolean
  readonly proxyUrl?: string
}

/** The fields of a user entry that are understood. */
interface UserEntry {
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly certData?: string
  readonly certFile?: string
  readonly keyData?: string
  readonly keyFile?: string
  readonly impersonates: boolean
  readonly exec: boolean
  readonly authProvider: boolean
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
  if (!Array.isArray(field(value, 'clusters')) || !Array.isArray(field(value, 'contexts'))) {
    throw invalid(file, 'it has no clusters or no contexts')
  }
  return value
}

/** The names of the contexts, in the order of the file. */
function contextNames(kubeconfig: unknown): readonly string[] {
  return entries(kubeconfig, 'contexts').flatMap((entry) => textField(entry, 'name') ?? [])
}

/** A context, the current one where none is named. Throws FailureError when it, its cluster or its user is missing. */
export function kubeconfigContext(kubeconfig: unknown, file: string, wanted?: string): KubeconfigContext {
  const name = wanted ?? textField(kubeconfig, 'current-context') ?? ''
  const context = field(named(kubeconfig, 'contexts', name), 'context')
  if (context === undefined) {
    const known = contextNames(kubeconfig).slice(0, 10).join(', ')
    throw new FailureError({
      code: 'kubeconfig-context',
      message: name === '' ? `${file} names no current context` : `${file} has no context ${JSON.stringify(name)}`,
      fix: known === '' ? 'add a context' : `use --context with one of: ${known}`,
    })
  }
  const cluster = field(named(kubeconfig, 'clusters', textField(context, 'cluster') ?? ''), 'cluster')
  const server = textField(cluster, 'server')
  if (server === undefined || !isHttpUrl(server)) {
    throw invalid(file, `context ${JSON.stringify(name)} points to no cluster with a usable server`)
  }
  const user = field(named(kubeconfig, 'users', textField(context, 'user') ?? ''), 'user')
  return {
    name,
    server,
    namespace: textField(context, 'namespace') ?? 'default',
    cluster: clusterEntry(cluster),
    user: userEntry(user),
  }
}

function clusterEntry(cluster: unknown): ClusterEntry {
  return {
    ...text(cluster, 'certificate-authority-data', 'caData'),
    ...text(cluster, 'certificate-authority', 'caFile'),
    ...text(cluster, 'tls-server-name', 'tlsServerName'),
    ...text(cluster, 'proxy-url', 'proxyUrl'),
    insecure: field(cluster, 'insecure-skip-tls-verify') === true,
  }
}

function userEntry(user: unknown): UserEntry {
  return {
    ...text(user, 'token', 'token'),
    ...text(user, 'tokenFile', 'tokenFile'),
    ...text(user, 'username', 'username'),
    ...text(user, 'password', 'password'),
    ...text(user, 'client-certificate-data', 'certData'),
    ...text(user, 'client-certificate', 'certFile'),
    ...text(user, 'client-key-data', 'keyData'),
    ...text(user, 'client-key', 'keyFile'),
    impersonates: ['as', 'as-uid', 'as-groups', 'as-user-extra'].some((name) => isSet(field(user, name))),
    exec: isSet(field(user, 'exec')),
    authProvider: isSet(field(user, 'auth-provider')),
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

function named(kubeconfig: unknown, list: string, name: string): unknown {
  return entries(kubeconfig, list).find((entry) => textField(entry, 'name') === name)
}

/** The Failure of a kubeconfig that cannot be used. */
export function invalid(file: string, why: string): FailureError {
  return new FailureError({
    code: 'kubeconfig-invalid',
    message: `the kubeconfig ${file} cannot be used: ${why}`,
    fix: 'compare it with what `kubectl config view` shows',
  })
}
