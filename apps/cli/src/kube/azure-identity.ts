import { createAzureIdentity, type AzureIdentity } from '@kedge/registry'
import { createAddressRules, createEgressClient, type EgressClient } from '@kedge/source'
import type { Io } from '../io.ts'
import { systemPorts } from '../up/system-ports.ts'

/** The Azure identities of this process, asked for when a registry wants one. `http` is the way to Entra. */
export function openAzureIdentity(
  env: Io['env'],
  http: EgressClient,
): { readonly identity: AzureIdentity; readonly close: () => Promise<void> } {
  // Only what the machine's own environment names is reached this way; no source's address is.
  const rules = createAddressRules({ allowLoopback: true, allow: ['169.254.0.0/16'] })
  const metadata = createEgressClient({ rules })
  return { identity: createAzureIdentity({ ...systemPorts, env, http, metadata }), close: () => metadata.close() }
}
