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
  if (parts[0] === 'api' && parts.length > 2)
    return inVersion(path, { group: '', version: parts[1] ?? '' }, parts.slice(2))
  if (parts[0] === 'apis' && parts.length > 3) {
    return inVersion(path, { group: parts[1] ?? '', version: parts[2] ?? '' }, parts.slice(3))
  }
  return { kind: 'other', path }
}

function inVersion(
  path: string,
  served: { readonly group: string; readonly version: string },
  names: readonly string[],
): Target {
  const rest = names.map(decode)
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize'
  const [resource = '', name = '', ...sub] = isInNamespace ? rest.slice(2) : rest
  const namespace = isInNamespace ? (rest[1] ?? '') : ''
  return { kind: 'resource', path, ...served, namespace, resource, name, subresource: sub.join('/') }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
