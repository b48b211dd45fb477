import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'

import { FailureError } from '@kedge/base'

import type { ClusterConfig } from './cluster-config.ts'
import { kubeconfigContext, parseKubeconfig, type KubeconfigContext } from './kubeconfig.ts'
import { pluginCluster } from './plugin-cluster.ts'
import { staticCluster, strictCluster } from './strict-cluster.ts'

/** Where the configuration of a cluster comes from. */
export interface ClusterSource {
  /** A file; without it the first of the environment's KUBECONFIG, and then `~/.kube/config`. */
  readonly kubeconfigPath?: string
  /** The text itself, such as from a Secret. It is taken for a stranger's and read strictly. */
  readonly kubeconfigText?: string
  /** A context other than the current one. */
  readonly context?: string
  /** The ServiceAccount that this process runs with. */
  readonly inCluster?: boolean
  /** Where KUBECONFIG, HOME and KUBERNETES_SERVICE_HOST are looked up; the process's where absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'
const tokenRememberMs = 60_000

/**
 * The configuration of a cluster. A kubeconfig given as text must not run programs, read files, skip the check of the
 * server's certificate or choose a proxy (CVE-2022-24817). Throws FailureError.
 */
export async function loadCluster(source: ClusterSource): Promise<ClusterConfig> {
  if (source.kubeconfigText !== undefined) return strictCluster(source.kubeconfigText, source.context)
  const environment = source.environment ?? process.env
  if (source.inCluster === true) return inCluster(environment)
  const file = source.kubeconfigPath ?? defaultFile(environment)
  const text = await readKubeconfig(file)
  const folder = path.dirname(path.resolve(file))
  const context = kubeconfigContext(parseKubeconfig(text, file), file, source.context)
  const { user } = context
  if (user.impersonates) {
    // Acting as oneself instead would be the worse surprise.
    throw new FailureError({
      code: 'kubeconfig-impersonation',
      message: `context ${context.name} acts as another user ("as" in the kubeconfig), which is not supported`,
      fix: 'use a context without "as"',
    })
  }
  const complete = await withFiles(context, folder)
  if (user.exec || user.authProvider) return pluginCluster(complete, { text, folder })
  const cluster = staticCluster(complete)
  return user.tokenFile === undefined || user.token !== undefined
    ? cluster
    : { ...cluster, ...tokenFromFile(path.resolve(folder, user.tokenFile)) }
}

function defaultFile(environment: Readonly<Record<string, string | undefined>>): string {
  const [first] = (environment['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '')
  return first ?? path.join(environment['HOME'] ?? homedir(), '.kube', 'config')
}

async function readKubeconfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new FailureError(
      {
        code: 'kubeconfig-missing',
        message: `the kubeconfig ${file} cannot be read`,
        fix: 'name an existing one with --kubeconfig or KUBECONFIG',
      },
      { cause: error },
    )
  }
}

/** The context with the files it names taken in as data. */
async function withFiles(context: KubeconfigContext, folder: string): Promise<KubeconfigContext> {
  const { cluster, user } = context
  const load = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : readBase64(path.resolve(folder, file), context.name)
  const [ca, cert, key] = await Promise.all([load(cluster.caFile), load(user.certFile), load(user.keyFile)])
  return {
    ...context,
    cluster: { ...cluster, ...(ca === undefined ? {} : { caData: ca }) },
    user: {
      ...user,
      ...(cert === undefined ? {} : { certData: cert }),
      ...(key === undefined ? {} : { keyData: key }),
    },
  }
}

async function readBase64(file: string, context: string): Promise<string> {
  try {
    return (await readFile(file)).toString('base64')
  } catch (error) {
    throw new FailureError(
      { code: 'kubeconfig-missing', message: `context ${context}: ${file} cannot be read`, fix: 'restore the file' },
      { cause: error },
    )
  }
}

async function inCluster(environment: Readonly<Record<string, string | undefined>>): Promise<ClusterConfig> {
  const host = environment['KUBERNETES_SERVICE_HOST']
  const port = environment['KUBERNETES_SERVICE_PORT']
  if (host === undefined || port === undefined || host === '') {
    throw new FailureError({
      code: 'not-in-cluster',
      message: 'this process does not run in a cluster: KUBERNETES_SERVICE_HOST is not set',
      fix: 'name a kubeconfig',
    })
  }
  const read = (file: string): Promise<string> => readFile(path.join(accountFolder, file), 'utf8')
  const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace').catch(() => 'default')])
  return {
    name: 'in-cluster',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: namespace.trim(),
    tls: { ca, insecure: false },
    ...tokenFromFile(path.join(accountFolder, 'token')),
  }
}

/** Credentials from a file that the kubelet or somebody else renews. */
function tokenFromFile(file: string): Pick<ClusterConfig, 'credentials' | 'renew'> {
  let remembered: { readonly at: number; readonly authorization: string } | undefined
  return {
    async credentials() {
      const now = Date.now()
      if (remembered === undefined || now - remembered.at > tokenRememberMs || now < remembered.at) {
        const token = Buffer.from(await readBase64(file, 'the token'), 'base64')
          .toString('utf8')
          .trim()
        remembered = { at: now, authorization: `Bearer ${token}` }
      }
      return { authorization: remembered.authorization }
    },
    renew() {
      remembered = undefined
    },
  }
}
