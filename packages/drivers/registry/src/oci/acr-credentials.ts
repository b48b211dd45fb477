import { follow, readAll } from '../http/follow.ts'
import type { Connection } from '../http/http-port.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { isAzureRegistry } from '../identity/azure-cloud.ts'
import { parseJson, type CredentialSource } from './token-source.ts'

/** How an Azure registry is logged in to. */
export interface AcrOptions extends Connection {
  /** `https://NAME.azurecr.io`. */
  readonly registry: URL
  /** A Microsoft Entra access token for the registry: of a workload identity, or of a managed one. */
  readonly aadToken: (signal: AbortSignal) => Promise<string>
  /** Domains beside Azure's that the token may be sent to. */
  readonly allowedDomains?: readonly string[]
}

/** Exchanges an Entra token for a refresh token of the registry, which never leaves it. Throws FailureError. */
export function acrCredentials(options: AcrOptions): CredentialSource {
  const { registry } = options
  if (!isAzureRegistry(registry.hostname, options.allowedDomains))
    throw registryFailure('CredentialsRefused', `${registry.host} is no Azure registry`)
  return async (signal) => {
    const url = new URL('/oauth2/exchange', registry)
    const form = {
      grant_type: 'access_token',
      service: registry.host,
      access_token: await options.aadToken(signal),
    }
    const response = await follow({ url, method: 'POST', body: new URLSearchParams(form).toString(), signal }, options)
    const answer = parseJson(await readAll(response, { url, limit: 1024 * 1024 })) as
      | { readonly refresh_token?: unknown }
      | undefined
    const token = answer?.refresh_token
    if (typeof token !== 'string' || token === '')
      throw registryFailure('Unauthorized', `${registry.host} exchanged the Entra token for nothing`)
    return { kind: 'identity', token }
  }
}
