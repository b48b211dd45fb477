import { FailureError } from '@kedge/base'
import type { HelmRepositorySpec } from '@kedge/flux'
import { dockerCredentials, type Credentials, type RegistryCredentials, type TlsOptions } from '@kedge/registry'

import { credentialsOf, tlsOf } from './connection.ts'
import { readSecret, type SecretBytes, type SourceHost } from './source-host.ts'

/** How a Helm repository is reached. */
export interface HelmAccess {
  readonly url: string
  readonly passCredentials: boolean
  readonly credentials: Credentials | undefined
  readonly tls: TlsOptions | undefined
}

/** Reads the Secrets of a HelmRepository with an index. Throws a FailureError `AuthenticationFailed`. */
export async function helmAccess(
  host: Pick<SourceHost, 'cluster'>,
  spec: HelmRepositorySpec,
  namespace: string,
): Promise<HelmAccess> {
  const { secret, tls } = await readSecrets(host, spec, namespace)
  const { credentials } = credentialsOf(secret)
  return { url: spec.url, passCredentials: spec.passCredentials, credentials, tls }
}

/** The same for a HelmRepository that is a registry; a docker config may hold the credentials too. */
export async function registrySecrets(
  host: Pick<SourceHost, 'cluster'>,
  from: { readonly spec: HelmRepositorySpec; readonly namespace: string },
  place: { readonly host: string; readonly repository: string },
): Promise<{ readonly credentials: RegistryCredentials | undefined; readonly tls: TlsOptions | undefined }> {
  const { secret, tls } = await readSecrets(host, from.spec, from.namespace)
  const config = secret?.['.dockerconfigjson']
  if (config === undefined) return { credentials: credentialsOf(secret).credentials, tls }
  const credentials = dockerCredentials(new TextDecoder().decode(config), place)
  if (credentials !== undefined) return { credentials, tls }
  throw new FailureError({
    code: 'AuthenticationFailed',
    message: `no auth config for '${place.host}' in the docker-registry Secret '${from.spec.secretName ?? ''}'`,
  })
}

async function readSecrets(
  host: Pick<SourceHost, 'cluster'>,
  spec: HelmRepositorySpec,
  namespace: string,
): Promise<{ readonly secret: SecretBytes | undefined; readonly tls: TlsOptions | undefined }> {
  const read = (name: string | undefined, what: string): Promise<SecretBytes | undefined> =>
    name === undefined ? Promise.resolve(undefined) : readSecret(host, { namespace, name }, what)
  const cert = await read(spec.certSecretName, 'failed to get TLS authentication secret')
  const secret = await read(spec.secretName, 'failed to get authentication secret')
  return { secret, tls: tlsOf(cert).tls ?? tlsOf(secret).tls }
}
