import type { Answer } from './call.ts'
import type { Parts } from './parts.ts'

const checks = ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/rbac/bootstrap-roles', 'shutdown']

/** /healthz, /livez and /readyz: `ok`, or each check by name with ?verbose. */
export function healthAnswer(_parts: Parts, path: string, query: URLSearchParams): Answer | undefined {
  const [name = '', check] = path.slice(1).split('/', 2)
  if (name !== 'healthz' && name !== 'livez' && name !== 'readyz') return undefined
  if (check !== undefined && !checks.includes(path.slice(name.length + 2))) return undefined
  const verbose = query.has('verbose')
  const text = verbose ? `${checks.map((check) => `[+]${check} ok\n`).join('')}${name} check passed\n` : 'ok'
  return { kind: 'text', status: 200, contentType: 'text/plain; charset=utf-8', text }
}
