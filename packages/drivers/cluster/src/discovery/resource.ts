/** One resource that the server serves, in one version. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Plural, as in URLs: `deployments`. */
  readonly resource: string
  readonly singular: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** Names of the subresources: `status`, `scale`. */
  readonly subresources: readonly string[]
}

/** A kind, in the version that is named or in the one the server prefers. */
export interface KindRef {
  readonly group: string
  /** Empty or absent for the preferred one. */
  readonly version?: string
  readonly kind: string
}

/** What a server serves, as one request round told it. */
export interface ApiSurface {
  readonly resources: readonly Resource[]
  /** Group-versions that the server names and could not describe, such as those of an extension API that is down. */
  readonly incomplete: readonly string[]
  /** Versions of each group, the preferred one first. */
  readonly versions: ReadonlyMap<string, readonly string[]>
}

/** `deployments.apps`, or `pods` in the core group. */
export function resourceName(resource: Pick<Resource, 'group' | 'resource'>): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`
}
