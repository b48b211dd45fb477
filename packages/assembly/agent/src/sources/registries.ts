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

import type { SourceHost } from './source-host.ts'

/** A registry, and how it is reached. */
export interface RegistryAccess {
  readonly host: string
  readonly provider: RegistryProvider
  /** They go before the provider. */
  readonly credentials?: RegistryCredentials | undefined
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
  const { provider, proxy } = access
  if (provider === 'generic') return undefined
  const aadToken = host.entraToken
  if (provider !== 'azure' || aadToken === undefined) {
    throw new FailureError({
      code: 'InvalidProviderConfiguration',
      message: `spec.provider ${provider}: this engine has no identity for it`,
      fix: 'use the provider generic with a secretRef',
    })
  }
  const registry = new URL(`https://${access.host}`)
  return acrCredentials({ registry, http: host.http, aadToken, ...(proxy === undefined ? {} : { proxy }) })
}
