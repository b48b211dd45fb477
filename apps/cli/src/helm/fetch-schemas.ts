import { STATUS_CODES } from 'node:http'
import type { FetchedSchema } from '@kedge/helm'
import type { EgressClient } from '@kedge/source'
import { fetchText, networkReason, withEgress } from './fetch-text.ts'

/** Schema documents by their addresses, or why there are none, in helm's words. */
export function fetchSchemas(addresses: ReadonlySet<string>): Promise<ReadonlyMap<string, FetchedSchema>> {
  return withEgress(async (http) => {
    const found = new Map<string, FetchedSchema>()
    for (const address of addresses) found.set(address, await fetchSchema(http, address))
    return found
  })
}

/** The schema document at an address, or why there is none, in helm's words. */
export async function fetchSchema(http: EgressClient, address: string): Promise<FetchedSchema> {
  try {
    const found = await fetchText(http, address)
    if (found.kind === 'text') return found
    const { status } = found
    return {
      kind: 'failed',
      problem: `HTTP request to ${address} returned status ${status} (${STATUS_CODES[status] ?? ''})`,
    }
  } catch (error) {
    return {
      kind: 'failed',
      problem: `HTTP request failed for ${address}: Get ${JSON.stringify(address)}: ${networkReason(error)}`,
    }
  }
}
