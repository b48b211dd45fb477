import { FailureError } from '@kedge/base'
import type { FederatedIdentity } from '@kedge/registry'

import type { AccountRef, SourceHost } from './source-host.ts'

/** What Entra wants a token of a ServiceAccount to be for. */
const audience = 'api://AzureADTokenExchange'

/** The identity of Azure that a ServiceAccount names in its annotations and that trusts it. Throws FailureError. */
export async function federatedIdentity(
  { cluster, accountToken }: Pick<SourceHost, 'cluster' | 'accountToken'>,
  account: AccountRef,
): Promise<FederatedIdentity> {
  const name = `${account.namespace}/${account.name}`
  const found = await cluster.get({ group: '', version: 'v1', kind: 'ServiceAccount', ...account })
  if (found === undefined) {
    const message = `failed to get service account '${name}': serviceaccounts "${account.name}" not found`
    throw accountFailure(message, 'create the ServiceAccount')
  }
  const annotation = (what: string, key: string): string => {
    const value = found.metadata.annotations?.[`azure.workload.identity/${key}`]
    if (value !== undefined && value !== '') return value
    throw accountFailure(
      `failed to get provider identity from service account '${name}' annotations: azure ${what} is not set in the service account annotation azure.workload.identity/${key}`,
      'annotate the ServiceAccount',
    )
  }
  const tenantId = annotation('tenant ID', 'tenant-id')
  const clientId = annotation('client ID', 'client-id')
  if (accountToken === undefined)
    throw accountFailure(`no token is issued for '${name}'`, 'let the engine issue tokens')
  return {
    name,
    tenantId,
    clientId,
    assertion: () => issued(accountToken(account, audience), name),
  }
}

async function issued(token: Promise<string>, name: string): Promise<string> {
  try {
    return await token
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const { message, fix = '' } = error.failure
    throw accountFailure(`failed to create kubernetes token for service account '${name}': ${message}`, fix)
  }
}

function accountFailure(message: string, fix: string): FailureError {
  return new FailureError({ code: 'AuthenticationFailed', message, fix })
}
