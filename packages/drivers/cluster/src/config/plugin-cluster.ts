import { FailureError } from '@kedge/base'

import type { ClusterConfig, Credentials } from './cluster-config.ts'
import type { KubeconfigContext } from './kubeconfig.ts'
import { staticCluster } from './strict-cluster.ts'

const rememberMs = 30_000

/**
 * The cluster of a context whose credentials come from a program or a provider (exec, OIDC …). The Kubernetes client
 * for JavaScript asks them; it is loaded only here, because loading it takes longer than most commands.
 */
export async function pluginCluster(context: KubeconfigContext): Promise<ClusterConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const { user, cluster } = context
  const load = (): InstanceType<typeof KubeConfig> => {
    const loaded = new KubeConfig()
    loaded.loadFromClusterAndUser(
      { name: context.name, server: context.server, skipTLSVerify: cluster.insecure },
      { name: context.name, ...plugins(user) },
    )
    return loaded
  }
  let kubeconfig = load()
  let remembered: { readonly at: number; readonly value: Promise<Credentials> } | undefined
  const ask = async (): Promise<Credentials> => {
    const options: Parameters<typeof kubeconfig.applyToHTTPSOptions>[0] = {}
    try {
      await kubeconfig.applyToHTTPSOptions(options)
    } catch (error) {
      throw new FailureError(
        {
          code: 'credentials-failed',
          message: `context ${context.name}: its credential plugin or provider failed`,
          fix: 'run `kubectl get --raw /version` with the same context to see why',
        },
        { cause: error },
      )
    }
    return credentialsOf(options)
  }
  return {
    ...staticCluster(context),
    credentials: () => {
      const now = Date.now()
      if (remembered === undefined || now - remembered.at > rememberMs || now < remembered.at) {
        const value = ask()
        remembered = { at: now, value }
        value.catch(() => {
          remembered = undefined
        })
      }
      return remembered?.value ?? ask()
    },
    renew: () => {
      remembered = undefined
      kubeconfig = load()
    },
  }
}

function plugins(user: KubeconfigContext['user']): { readonly exec?: unknown; readonly authProvider?: unknown } {
  return {
    ...(user.exec === undefined ? {} : { exec: user.exec }),
    ...(user.authProvider === undefined ? {} : { authProvider: user.authProvider }),
  }
}

function credentialsOf(options: {
  readonly headers?: unknown
  readonly cert?: unknown
  readonly key?: unknown
}): Credentials {
  const headers = options.headers
  const authorization =
    typeof headers === 'object' && headers !== null && 'Authorization' in headers ? headers.Authorization : undefined
  const cert = pem(options.cert)
  const key = pem(options.key)
  return {
    ...(typeof authorization === 'string' ? { authorization } : {}),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
  }
}

function pem(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined
}
