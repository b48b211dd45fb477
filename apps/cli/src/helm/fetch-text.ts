import { createAddressRules, createEgressClient, type EgressClient } from '@kedge/source'

const maxBytes = 16 * 1024 * 1024
const maxRedirects = 10
const timeoutMs = 15_000

/** What an address answers: a text, or a status that is no success. */
export type FetchedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'status'; readonly status: number }

/** Runs something over connections that are closed behind it. Whoever types an address may reach this machine and its network. */
export async function withEgress<T>(run: (http: EgressClient) => Promise<T>): Promise<T> {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  try {
    return await run(http)
  } finally {
    await http.close()
  }
}

/** The text at an address, redirects followed. Throws what the connection throws. */
export async function fetchText(http: EgressClient, address: string): Promise<FetchedText> {
  const signal = AbortSignal.timeout(timeoutMs)
  let url = new URL(address)
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await http.request({ url, method: 'GET', headers: { 'user-agent': 'Kedge' }, signal })
    if (response.status === 200) return { kind: 'text', text: await textOf(response.body) }
    await response.drop()
    const location = response.header('location')
    if (response.status < 300 || response.status > 399 || location === undefined)
      return { kind: 'status', status: response.status }
    url = new URL(location, url)
  }
  throw new Error(`stopped after ${maxRedirects} redirects`)
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** An address for messages: a password in it is not shown. */
export function shownAddress(address: string): string {
  const { username, password } = new URL(address)
  return username === '' && password === '' ? address : address.replace(/(?<=:\/\/)[^@/]*(?=@)/, '***')
}

/** Why nothing was fetched, in the words of Go where it is that nobody listens. */
export function networkReason(error: unknown): string {
  const all = [error, error instanceof Error ? error.cause : undefined]
  for (const one of all) {
    const { code, address, port } = (one ?? {}) as {
      readonly code?: string
      readonly address?: string
      readonly port?: number
    }
    const [, shown] = /ECONNREFUSED (\S+)$/.exec(one instanceof Error ? one.message : '') ?? []
    const at = address === undefined || port === undefined ? shown : `${address}:${port}`
    if ((code === 'ECONNREFUSED' || shown !== undefined) && at !== undefined)
      return `dial tcp ${at}: connect: connection refused`
  }
  return error instanceof Error ? error.message : String(error)
}
