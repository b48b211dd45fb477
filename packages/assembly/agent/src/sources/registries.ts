import { hash } from 'node:crypto'

import { FailureError } from '@kedge/base'
import type { RegistryProvider } from '@kedge/flux'
import {
  acrCredentials,
  createOciRegistry,
  type CredentialSource,
  type OciRegistry,
  type ProxyOptions,
  type RegistryCredentials,
  type TlsOptions,
} from '@kedge/registry'

import { federatedIdentity } from './azure-account.ts'
import type { AccountRef, SourceHost } from './source-host.ts'

/** A registry, and how it is reached. */
export interface RegistryAccess {
  readonly host: string
  readonly provider: RegistryProvider
  /** They go before the provider. */
  readonly credentials?: RegistryCredentials | undefined
  /** Whose identity in the provider's cloud it is; the engine's own when not given. */
  readonly account?: AccountRef | undefined
  readonly tls?: TlsOptions | undefined
  readonly proxy?: ProxyOptions | undefined
  readonly isPlainHttp: boolean
}

/** Opens registries; those that are reached in the same way share their tokens. */
export type OpenRegistry = (access: RegistryAccess) => OciRegistry

/** Registries whose tokens are kept. */
const maxOpen = 64

export function createRegistries(host: SourceHost): OpenRegistry {
  const open = new Map<string, OciRegistry>()
  return (access) => {
    const key = hash('sha256', JSON.stringify(access))
    const registry = open.get(key) ?? openRegistry(host, access)
    open.delete(key)
    open.set(key, registry)
    const [oldest] = open.keys()
    if (open.size > maxOpen && oldest !== undefined) open.delete(oldest)
    return registry
  }
}

function openRegistry(host: SourceHost, access: RegistryAccess): OciRegistry {
  const { tls, proxy } = access
  const credentials = access.credentials ?? identityOf(host, access)
  return createOciRegistry({
    host: access.host,
    http: host.http,
    now: () => host.clock.now(),
    allowPlainHttp: access.isPlainHttp,
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(credentials === undefined ? {} : { credentials }),
  })
}

/** The identity of a cloud in place of credentials. Throws a FailureError `InvalidProviderConfiguration`. */
function identityOf(host: SourceHost, access: RegistryAccess): CredentialSource | undefined {
  const { provider, proxy, tls, account } = access
  if (provider === 'generic') return undefined
  const { azure } = host
  if (provider !== 'azure' || azure === undefined) {
    throw new FailureError({
      code: 'InvalidProviderConfiguration',
      message: `spec.provider ${provider}: this engine has no identity for it`,
      fix: 'use the provider generic with a secretRef',
    })
  }
  const through = proxy === undefined ? {} : { proxy }
  const exchanged = acrCredentials({
    registry: new URL(`https://${access.host}`),
    http: host.http,
    allowedDomains: azure.registryDomains(),
    aadToken: async (signal) => {
      const federated = account === undefined ? {} : { federated: await federatedIdentity(host, account) }
      return azure.registryToken({ ...federated, ...through }, signal)
    },
    ...through,
    ...(tls === undefined ? {} : { tls }),
  })
  return async (signal) => {
    try {
      return await exchanged(signal)
    } catch (error) {
      if (signal.aborted || !(error instanceof FailureError)) throw error
      const message = `failed to get credential from ${provider}: ${error.failure.message}`
      throw new FailureError({ ...error.failure, code: 'AuthenticationFailed', message })
    }
  }
}
