import { FailureError } from '@kedge/base'

/** The parts of a resource that its URL shows. */
export interface ResourcePath {
  readonly group: string
  readonly version: string
  /** Plural, lower case: `deployments`. */
  readonly resource: string
  readonly namespaced: boolean
}

/** Where in a resource: nothing for the whole of it, a namespace for its part, a name for one object. */
export interface PathPlace {
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

/** Values of query parameters; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * The only place where URL paths are put together. A namespace on a cluster-scoped resource is dropped, never sent
 * (CVE-2019-11247); every part is checked before it is encoded (CVE-2022-3162).
 */
export function resourcePath(resource: ResourcePath, place: PathPlace = {}): string {
  const root = resource.group === '' ? ['api'] : ['apis', resource.group]
  const parts = [...root, resource.version]
  if (resource.namespaced && place.namespace !== undefined && place.namespace !== '') {
    parts.push('namespaces', place.namespace)
  }
  parts.push(resource.resource)
  if (place.name !== undefined) parts.push(place.name)
  if (place.subresource !== undefined) parts.push(place.subresource)
  return `/${parts.map(pathSegment).join('/')}`
}

/** One checked and encoded segment of a path. Throws FailureError with code `bad-path-segment`. */
export function pathSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..' || /[/%\p{Cc}]/u.test(segment)) {
    throw new FailureError({
      code: 'bad-path-segment',
      message: `${JSON.stringify(segment.slice(0, 80))} cannot be part of an API path`,
      fix: 'use a name without "/" and "%", other than "." and ".."',
    })
  }
  if (segment.length > 253) {
    throw new FailureError({ code: 'bad-path-segment', message: 'a name in an API path is longer than 253 characters' })
  }
  return encodeURIComponent(segment)
}

/** The path with its query; parameters keep their order. */
export function withQuery(path: string, query: Query): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  }
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`
}
