import { readFileSync, statSync } from 'node:fs'

import type { Clock, Timers } from '@kedge/base'
import type { HttpPort, ProxyOptions } from '../http/http-port.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { parseAzureCloud, registryScope, type AzureCloud } from './azure-cloud.ts'
import { parseClientCertificate } from './client-certificate.ts'
import { clientToken, type EntraProof, type EntraRequest } from './client-credentials.ts'
import type { EntraToken } from './entra-token.ts'
import { managedIdentityToken, type Environment } from './managed-identity.ts'
import { createSharedTokens, type SharedTokens } from './shared-tokens.ts'

/** What an identity is found with. */
export interface AzureIdentityOptions {
  /** The environment that Azure's webhook, App Service or a user has set. */
  readonly env: Environment
  /** The way to Entra. */
  readonly http: HttpPort
  /** The way to the metadata service, which may reach link-local and loopback addresses; never given a proxy. */
  readonly metadata: HttpPort
  readonly clock: Clock
  readonly timers: Timers
}

/** Entra identities that log in to registries. */
export interface AzureIdentity {
  /**
   * A token for registries: of a federated ServiceAccount, else of this process: its environment's secret or certificate, its workload
   * identity, or the managed identity of the machine. Throws FailureError.
   */
  registryToken(want: RegistryTokenWant, signal: AbortSignal): Promise<string>
  /** Domains beside Microsoft's whose registries may be given a token. Throws FailureError. */
  registryDomains(): readonly string[]
}

/** Whose token is wanted, and through which proxy. */
export interface RegistryTokenWant {
  readonly federated?: FederatedIdentity
  readonly proxy?: ProxyOptions
}

/** An identity of Azure that trusts somebody who can prove it. */
export interface FederatedIdentity {
  /** Who is trusted: tokens are not shared between two. */
  readonly name: string
  readonly tenantId: string
  readonly clientId: string
  /** A token of the trusted one, for the audience that Azure expects. */
  readonly assertion: (signal: AbortSignal) => Promise<string>
}

const publicAuthority = 'https://login.microsoftonline.com/'
const maxFile = 64 * 1024

/** Identities as Flux's provider `azure` finds them. */
export function createAzureIdentity(options: AzureIdentityOptions): AzureIdentity {
  return new FoundIdentity(options)
}

class FoundIdentity implements AzureIdentity {
  readonly #options: AzureIdentityOptions
  readonly #tokens: SharedTokens
  #described: AzureCloud | undefined

  constructor(options: AzureIdentityOptions) {
    this.#options = options
    this.#tokens = createSharedTokens(options)
  }

  registryDomains(): readonly string[] {
    const cloud = this.#cloud()
    return cloud === undefined ? [] : [cloud.registryDomain]
  }

  registryToken({ federated, proxy }: RegistryTokenWant, signal: AbortSignal): Promise<string> {
    const who = federated === undefined ? [] : [federated.name, federated.tenantId, federated.clientId]
    const ask = async (shared: AbortSignal): Promise<EntraToken> => {
      const request = this.#request(registryScope(this.#cloud()), proxy, shared)
      return federated === undefined ? this.#ownToken(request) : this.#federatedToken(federated, request)
    }
    return this.#tokens.get(JSON.stringify([who, proxy]), ask, signal)
  }

  async #federatedToken(federated: FederatedIdentity, request: EntraRequest): Promise<EntraToken> {
    const assertion = await federated.assertion(request.signal)
    return clientToken({ ...federated, authority: this.#authority() }, { kind: 'assertion', assertion }, request)
  }

  /** The first that the environment describes; what it describes and does not work is not passed over. */
  #ownToken(request: EntraRequest): Promise<EntraToken> {
    const { env, metadata } = this.#options
    const { AZURE_TENANT_ID: tenantId = '', AZURE_CLIENT_ID: clientId = '' } = env
    const proof = tenantId === '' || clientId === '' ? undefined : this.#proof()
    if (proof !== undefined) return clientToken({ authority: this.#authority(), tenantId, clientId }, proof, request)
    return managedIdentityToken(request.scope, { ...request, env, http: metadata })
  }

  #proof(): EntraProof | undefined {
    const {
      AZURE_CLIENT_SECRET: secret = '',
      AZURE_CLIENT_CERTIFICATE_PATH: certificate = '',
      AZURE_CLIENT_CERTIFICATE_PASSWORD: password = '',
      AZURE_FEDERATED_TOKEN_FILE: file = '',
      AZURE_AUTHORITY_HOST: authority = '',
    } = this.#options.env
    if (secret !== '') return { kind: 'secret', secret }
    if (certificate !== '') {
      const pem = readSmall(certificate, 'AZURE_CLIENT_CERTIFICATE_PATH')
      return { kind: 'certificate', certificate: parseClientCertificate(pem, password) }
    }
    if (file === '' || authority === '') return undefined
    // The file is written anew long before the token in it runs out.
    return { kind: 'assertion', assertion: readSmall(file, 'AZURE_FEDERATED_TOKEN_FILE').trim() }
  }

  #request(scope: string, proxy: ProxyOptions | undefined, signal: AbortSignal): EntraRequest {
    const { http, timers, clock } = this.#options
    const connection = { http, ...(proxy === undefined ? {} : { proxy }) }
    return { scope, connection, timers, nowMs: clock.now(), signal }
  }

  #authority(): string {
    return this.#options.env['AZURE_AUTHORITY_HOST'] || publicAuthority
  }

  #cloud(): AzureCloud | undefined {
    const file = this.#options.env['AZURE_ENVIRONMENT_FILEPATH'] ?? ''
    if (file !== '') this.#described ??= parseAzureCloud(readSmall(file, 'AZURE_ENVIRONMENT_FILEPATH'))
    return this.#described
  }
}

function readSmall(file: string, name: string): string {
  try {
    if (statSync(file).size <= maxFile) return readFileSync(file, 'utf8')
  } catch (error) {
    throw registryFailure('IdentityMissing', `the file of ${name} cannot be read`, { cause: error })
  }
  throw registryFailure('IdentityMissing', `the file of ${name} has more than ${maxFile} bytes`)
}
