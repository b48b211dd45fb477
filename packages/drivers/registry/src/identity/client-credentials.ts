import type { Timers } from '@kedge/base'
import { follow } from '../http/follow.ts'
import type { Connection } from '../http/http-port.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { signedAssertion, type AssertionClaims, type ClientCertificate } from './client-certificate.ts'
import { readEntraToken, type EntraToken } from './entra-token.ts'
import { retried, transientDelay } from './retried.ts'

/** An application of a tenant. */
export interface EntraClient {
  /** `https://login.microsoftonline.com/`, or that of another cloud. */
  readonly authority: string
  readonly tenantId: string
  readonly clientId: string
}

/** What proves that we are the application: a token of somebody it trusts, its secret, or its certificate. */
export type EntraProof =
  | { readonly kind: 'assertion'; readonly assertion: string }
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate }

/** Where a token is asked for and how long. */
export interface EntraRequest {
  readonly scope: string
  readonly connection: Connection
  readonly timers: Timers
  readonly nowMs: number
  readonly signal: AbortSignal
}

/** Asks Entra for a token of an application (OAuth 2.0 client credentials). Throws FailureError. */
export async function clientToken(client: EntraClient, proof: EntraProof, request: EntraRequest): Promise<EntraToken> {
  const url = tokenUrl(client)
  const { scope, connection, timers, nowMs, signal } = request
  const { clientId } = client
  const proven = proofFields(proof, { clientId, audience: url.href, nowMs })
  const form = { grant_type: 'client_credentials', client_id: clientId, scope, ...proven }
  const body = new URLSearchParams(form).toString()
  const ask = () => follow({ url, method: 'POST', accept: 'application/json', body, signal }, connection)
  return readEntraToken(await retried(ask, transientDelay, { timers, signal }), { url, nowMs })
}

function proofFields(proof: EntraProof, claims: AssertionClaims): Readonly<Record<string, string>> {
  if (proof.kind === 'secret') return { client_secret: proof.secret }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: proof.kind === 'assertion' ? proof.assertion : signedAssertion(proof.certificate, claims),
  }
}

function tokenUrl({ authority, tenantId }: EntraClient): URL {
  if (!/^[A-Za-z0-9.-]{1,256}$/.test(tenantId) || /^\.+$/.test(tenantId))
    throw registryFailure('IdentityMissing', 'the tenant of the Azure identity is neither an id nor a domain')
  if (!URL.canParse(authority)) throw registryFailure('IdentityMissing', 'AZURE_AUTHORITY_HOST is no URL')
  return new URL(`/${tenantId}/oauth2/v2.0/token`, authority)
}
