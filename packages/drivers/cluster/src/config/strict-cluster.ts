import { FailureError } from '@kedge/base'

import type { ClusterConfig } from './cluster-config.ts'
import { invalid, kubeconfigContext, parseKubeconfig, type KubeconfigContext } from './kubeconfig.ts'

/** What a stranger's kubeconfig may not say, and how the field is called there (CVE-2022-24817). */
const forbidden: readonly (readonly [string, (context: KubeconfigContext) => boolean])[] = [
  ['exec', ({ user }) => user.exec !== undefined],
  ['auth-provider', ({ user }) => user.authProvider !== undefined],
  ['tokenFile', ({ user }) => user.tokenFile !== undefined],
  ['client-certificate', ({ user }) => user.certFile !== undefined],
  ['client-key', ({ user }) => user.keyFile !== undefined],
  ['certificate-authority', ({ cluster }) => cluster.caFile !== undefined],
  ['insecure-skip-tls-verify', ({ cluster }) => cluster.insecure],
  ['proxy-url', ({ cluster }) => cluster.proxyUrl !== undefined],
  ['as', ({ user }) => user.impersonate !== undefined],
]

/**
 * The cluster of a kubeconfig that came from a stranger, such as from a Secret: it may hold a server, its certificate,
 * and a token, a password or a client certificate as data; everything else is refused. Throws FailureError.
 */
export function strictCluster(text: string, wanted?: string): ClusterConfig {
  const file = 'given as text'
  const context = kubeconfigContext([{ file, folder: '/', value: parseKubeconfig(text, file) }], wanted)
  const found = forbidden.filter(([, isUsed]) => isUsed(context)).map(([name]) => name)
  if (found.length > 0) {
    throw new FailureError({
      code: 'kubeconfig-forbidden',
      message: `the kubeconfig given as text uses ${found.join(', ')}, which is not allowed there`,
      fix: 'hold the certificate authority and the token or client certificate in it as data',
    })
  }
  return staticCluster(context)
}

/** The cluster of a context whose credentials are all data. */
export function staticCluster(context: KubeconfigContext): ClusterConfig {
  const { cluster, user } = context
  const cert = decoded(user.certData)
  const key = decoded(user.keyData)
  const ca = decoded(cluster.caData)
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(`context ${context.name}`, 'its client certificate or its key is missing')
  }
  const authorization = authorizationOf(user)
  const credentials = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
  }
  return {
    name: context.name,
    server: context.server,
    namespace: context.namespace,
    tls: {
      insecure: cluster.insecure,
      ...(ca === undefined ? {} : { ca }),
      ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    },
    ...(cluster.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
    ...(user.impersonate === undefined ? {} : { impersonate: user.impersonate }),
    credentials: () => Promise.resolve(credentials),
  }
}

function authorizationOf(user: KubeconfigContext['user']): string | undefined {
  if (user.token !== undefined) return `Bearer ${user.token.trim()}`
  if (user.username === undefined) return undefined
  return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8')
}
