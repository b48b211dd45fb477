import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'

import { FailureError } from '@kedge/base'

import type { ClusterConfig } from './cluster-config.ts'
import { kubeconfigContext, parseKubeconfig, type KubeconfigContext, type KubeconfigFile } from './kubeconfig.ts'
import { pluginCluster } from './plugin-cluster.ts'
import { staticCluster, strictCluster } from './strict-cluster.ts'

/** Where the configuration of a cluster comes from. */
export interface ClusterSource {
  /** A file; without it those of the environment's KUBECONFIG, and without that `~/.kube/config`. */
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
  const context = await withFiles(kubeconfigContext(await readFiles(source, environment), source.context))
  const { user } = context
  if (user.exec !== undefined || user.authProvider !== undefined) return pluginCluster(context)
  const cluster = staticCluster(context)
  return user.tokenFile === undefined || user.token !== undefined
    ? cluster
    : { ...cluster, ...tokenFromFile(path.resolve(user.folder, user.tokenFile)) }
}

/** The files that are named, all of them; of KUBECONFIG's list those that exist. */
async function readFiles(
  source: ClusterSource,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly KubeconfigFile[]> {
  const listed = (environment['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '')
  const fallback = path.join(environment['HOME'] ?? homedir(), '.kube', 'config')
  const wanted = source.kubeconfigPath === undefined ? listed : [source.kubeconfigPath]
  const present = wanted.length > 1 ? wanted.filter((file) => existsSync(file)) : wanted
  const files = present.length > 0 ? present : [wanted[0] ?? fallback]
  return Promise.all(
    files.map(async (file) => {
      const value = parseKubeconfig(await readKubeconfig(file), file)
      return { file, folder: path.dirname(path.resolve(file)), value }
    }),
  )
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
async function withFiles(context: KubeconfigContext): Promise<KubeconfigContext> {
  const { cluster, user } = context
  const load = async (folder: string, file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : readBase64(path.resolve(folder, file), context.name)
  const [ca, cert, key] = await Promise.all([
    load(cluster.folder, cluster.caFile),
    load(user.folder, user.certFile),
    load(user.folder, user.keyFile),
  ])
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
