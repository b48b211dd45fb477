import { STATUS_CODES } from 'node:http'
import type { FetchedSchema } from '@kedge/helm'
import { createAddressRules, createEgressClient, type EgressClient } from '@kedge/source'

const maxBytes = 16 * 1024 * 1024
const maxRedirects = 10
const timeoutMs = 15_000

/** Schema documents by their addresses, or why there are none, in helm's words. */
export async function fetchSchemas(addresses: ReadonlySet<string>): Promise<ReadonlyMap<string, FetchedSchema>> {
  // Whoever renders a chart by hand may reach this machine and its network.
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  try {
    const found = new Map<string, FetchedSchema>()
    for (const address of addresses) found.set(address, await fetchSchema(http, address))
    return found
  } finally {
    await http.close()
  }
}

/** The schema document at an address, or why there is none, in helm's words. */
export async function fetchSchema(http: EgressClient, address: string): Promise<FetchedSchema> {
  try {
    return await request(http, address)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', problem: `HTTP request failed for ${address}: Get ${JSON.stringify(address)}: ${why}` }
  }
}

async function request(http: EgressClient, address: string): Promise<FetchedSchema> {
  const signal = AbortSignal.timeout(timeoutMs)
  let url = new URL(address)
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await http.request({ url, method: 'GET', headers: { 'user-agent': 'Kedge' }, signal })
    if (response.status === 200) return { kind: 'text', text: await textOf(response.body) }
    await response.drop()
    const location = response.header('location')
    if (response.status < 300 || response.status > 399 || location === undefined)
      return {
        kind: 'failed',
        problem: `HTTP request to ${address} returned status ${response.status} (${STATUS_CODES[response.status] ?? ''})`,
      }
    url = new URL(location, url)
  }
  throw new Error(`stopped after ${maxRedirects} redirects`)
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the schema is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
