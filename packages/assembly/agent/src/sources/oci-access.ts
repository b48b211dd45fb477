import type { OciRepositorySpec } from '@kedge/flux'
import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import { dockerCredentials, type RegistryCredentials } from '@kedge/registry'

import { proxyOf, tlsOf } from './connection.ts'
import type { RegistryAccess } from './registries.ts'
import { readSecret, type AccountRef, type SecretBytes, type SourceHost } from './source-host.ts'

/** Pull secrets of a ServiceAccount that are looked at. */
const maxPullSecrets = 32

/** Reads the Secrets that an OCIRepository names. Throws a FailureError `AuthenticationFailed` or `FeatureGateDisabled`. */
export async function ociAccess(
  host: Pick<SourceHost, 'cluster' | 'accountToken'>,
  from: { readonly spec: OciRepositorySpec; readonly namespace: string },
  place: { readonly host: string; readonly repository: string },
): Promise<RegistryAccess> {
  const { spec, namespace } = from
  const read = (name: string | undefined, what: string): Promise<SecretBytes | undefined> =>
    name === undefined ? Promise.resolve(undefined) : readSecret(host, { namespace, name }, what)
  const credentials = await pullCredentials(host, from, place)
  const proxy = await read(spec.proxySecretName, 'failed to get proxy address: failed to get secret')
  const cert = await read(spec.certSecretName, `failed to generate transport for '${spec.url}': failed to get secret`)
  return {
    host: place.host,
    provider: spec.provider,
    credentials,
    ...(credentials === undefined ? accountOf(host, from) : {}),
    isPlainHttp: spec.insecure,
    ...proxyOf(proxy),
    ...tlsOf(cert),
  }
}

/** The account whose identity in the cloud logs in; without one it is that of the engine. */
function accountOf(
  host: Pick<SourceHost, 'accountToken'>,
  { spec, namespace }: { readonly spec: OciRepositorySpec; readonly namespace: string },
): { readonly account?: AccountRef } {
  const { provider, serviceAccountName: name } = spec
  if (provider === 'generic' || name === undefined) return {}
  if (host.accountToken !== undefined) return { account: { namespace, name } }
  throw new FailureError({
    code: 'FeatureGateDisabled',
    message:
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    fix: 'kedge up --feature-gates ObjectLevelWorkloadIdentity=true',
  })
}

/** The credentials of the Secret of the spec, then those of the ServiceAccount's pull secrets. */
async function pullCredentials(
  host: Pick<SourceHost, 'cluster'>,
  { spec, namespace }: { readonly spec: OciRepositorySpec; readonly namespace: string },
  place: { readonly host: string; readonly repository: string },
): Promise<RegistryCredentials | undefined> {
  const own = spec.secretName === undefined ? [] : [spec.secretName]
  // With another provider than generic the account's identity is used, but its pull secrets come first.
  const account = spec.serviceAccountName
  const names = [...own, ...(account === undefined ? [] : await pullSecrets(host, { namespace, name: account }))]
  for (const name of names) {
    const secret = await readSecret(host, { namespace, name }, 'failed to get credential: failed to get secret')
    const config = secret['.dockerconfigjson']
    const found = config === undefined ? undefined : dockerCredentials(new TextDecoder().decode(config), place)
    if (found !== undefined) return found
  }
  return undefined
}

async function pullSecrets(
  { cluster }: Pick<SourceHost, 'cluster'>,
  place: { readonly namespace: string; readonly name: string },
): Promise<readonly string[]> {
  const account: KubeObject | undefined = await cluster.get({
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    ...place,
  })
  if (account === undefined) {
    const { namespace, name } = place
    throw new FailureError({
      code: 'AuthenticationFailed',
      message: `failed to get credential: failed to get service account '${namespace}/${name}': serviceaccounts "${name}" not found`,
      fix: 'create it, or correct spec.serviceAccountName',
    })
  }
  const listed = account['imagePullSecrets']
  const refs = Array.isArray(listed) ? (listed as readonly { readonly name?: unknown }[]) : []
  return refs.slice(0, maxPullSecrets).flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
}
