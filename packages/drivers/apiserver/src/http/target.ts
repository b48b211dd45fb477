/** What a path names, before anybody has looked whether it is served. */
export type Target =
  | { readonly kind: 'other'; readonly path: string }
  | {
      readonly kind: 'resource'
      readonly path: string
      readonly group: string
      readonly version: string
      readonly namespace: string
      readonly resource: string
      readonly name: string
      readonly subresource: string
    }

/**
 * Takes `/api/v1/namespaces/default/pods/web/log` and its like apart. `/api/v1/namespaces/default` names the namespace
 * itself, and so do its status and finalize.
 */
export function parseTarget(path: string): Target {
  const parts = path.split('/').filter((part) => part !== '')
  const root = parts[0]
  const start = root === 'api' ? 2 : root === 'apis' ? 3 : 0
  if (start === 0 || parts.length <= start) return { kind: 'other', path }
  const group = root === 'api' ? '' : (parts[1] ?? '')
  const version = parts[start - 1] ?? ''
  const rest = parts.slice(start).map(decode)
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize'
  const namespace = isInNamespace ? (rest[1] ?? '') : ''
  const [resource = '', name = '', ...sub] = isInNamespace ? rest.slice(2) : rest
  return { kind: 'resource', path, group, version, namespace, resource, name, subresource: sub.join('/') }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
