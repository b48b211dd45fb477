import { fail, FailureError, ok, type Clock, type Result } from '@kedge/base'
import type { Cluster, ClusterConfig } from '@kedge/cluster'
import { textData } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

/** A cluster as a ConfigMap describes it, for `spec.kubeConfig.configMapRef`. */
export interface DescribedCluster {
  readonly address: string
  /** PEM; the system's authorities when not given. */
  readonly ca: string | undefined
  readonly audiences: readonly string[]
  /** The account whose tokens the cluster trusts, in the ConfigMap's namespace. */
  readonly account: { readonly namespace: string; readonly name: string }
}

const clouds: ReadonlySet<string> = new Set(['aws', 'azure', 'gcp'])
/** Seconds that a token is asked for; it is renewed when a fifth of its time is left. */
const tokenSeconds = 3600

/** Reads the ConfigMap. A failure says which key is wrong. */
export function readDescribedCluster(configMap: KubeObject): Result<DescribedCluster> {
  const { namespace = '', name = '' } = configMap.metadata
  const data = textData(configMap)
  const address = data['address']?.trim() ?? ''
  const account = data['serviceAccountName']?.trim() ?? ''
  const problem = problemOf({ provider: data['provider'] ?? '', address, account })
  if (problem !== undefined) {
    const [message, fix] = problem
    return fail({ code: 'KubeConfig', message: `ConfigMap '${namespace}/${name}': ${message}`, fix })
  }
  const audiences = (data['audiences'] ?? '').split(/[\n,]/).map((one) => one.trim())
  const named = audiences.filter((one) => one !== '')
  return ok({
    address,
    ca: data['ca.crt'] === '' ? undefined : data['ca.crt'],
    audiences: named.length === 0 ? [address] : named,
    account: { namespace, name: account },
  })
}

/** What is wrong, and what to do about it. */
function problemOf(given: {
  readonly provider: string
  readonly address: string
  readonly account: string
}): readonly [string, string] | undefined {
  const { provider, address, account } = given
  if (clouds.has(provider))
    return [`the provider ${provider} is not supported by this version of Kedge`, 'use the provider generic']
  if (provider !== 'generic') return [`the provider ${JSON.stringify(provider)} is not known`, 'use generic']
  if (!URL.canParse(address) || new URL(address).protocol !== 'https:')
    return ['the key address is no https address', 'give it the address of the API server']
  if (account === '') return ['the key serviceAccountName is missing', 'name the account that the cluster trusts']
  return undefined
}

/** How the described cluster is reached: with tokens of the account, which the agent's own cluster issues. */
export function configOf(
  described: DescribedCluster,
  host: { readonly cluster: Pick<Cluster, 'request'>; readonly clock: Clock },
): ClusterConfig {
  const { address, ca } = described
  let held: { readonly token: string; readonly renewAtMs: number } | undefined
  let asking: Promise<string> | undefined

  async function ask(): Promise<string> {
    const issued = await requestToken(described, host.cluster)
    held = { token: issued, renewAtMs: host.clock.now() + tokenSeconds * 800 }
    return issued
  }

  return {
    name: new URL(address).host,
    server: address,
    namespace: 'default',
    tls: { insecure: false, ...(ca === undefined ? {} : { ca }) },
    async credentials() {
      const isFresh = held !== undefined && host.clock.now() < held.renewAtMs
      const token =
        isFresh && held !== undefined ? held.token : await (asking ??= ask().finally(() => (asking = undefined)))
      return { authorization: `Bearer ${token}` }
    },
    renew: () => {
      held = undefined
    },
  }
}

/** A token of an account, for an hour. Throws a FailureError `KubeConfig` when none is issued. */
export async function requestToken(
  { account, audiences }: Pick<DescribedCluster, 'account' | 'audiences'>,
  cluster: Pick<Cluster, 'request'>,
): Promise<string> {
  const { namespace, name } = account
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences, expirationSeconds: tokenSeconds },
  }
  const answer = await cluster.request({ method: 'POST', path, body })
  const token = (answer.body as { readonly status?: { readonly token?: unknown } } | undefined)?.status?.token
  if (answer.status >= 200 && answer.status < 300 && typeof token === 'string') return token
  throw new FailureError({
    code: 'KubeConfig',
    message: `no token for ServiceAccount '${namespace}/${name}': the API server answers ${answer.status}`,
    fix: 'allow the engine to create serviceaccounts/token',
  })
}
