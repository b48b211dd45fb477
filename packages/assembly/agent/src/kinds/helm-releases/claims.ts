import { releaseHolder, releaseId, type HelmReleaseSpec } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

/** Which HelmReleases want one and the same release, kept as they come and go. Keys are `namespace/name`. */
export interface ReleaseClaims {
  /** Notes what a HelmRelease wants; undefined for one that cannot be read. */
  set(key: string, object: KubeObject, spec: HelmReleaseSpec | undefined): void
  delete(key: string): void
  /** The others that want the release of this one. */
  rivals(key: string): readonly string[]
  /** The other HelmRelease that has the release which this one wants. */
  holder(key: string, read: (key: string) => KubeObject | undefined): string | undefined
}

export function createReleaseClaims(): ReleaseClaims {
  const wanted = new Map<string, string>()
  const claimants = new Map<string, Set<string>>()

  function remove(key: string): void {
    const id = wanted.get(key)
    if (id === undefined) return
    wanted.delete(key)
    const all = claimants.get(id)
    all?.delete(key)
    if (all?.size === 0) claimants.delete(id)
  }

  function rivals(key: string): readonly string[] {
    const all = claimants.get(wanted.get(key) ?? '')
    return all === undefined ? [] : [...all].filter((one) => one !== key)
  }

  return {
    set(key, object, spec) {
      remove(key)
      if (spec === undefined) return
      const id = releaseId(object, spec)
      wanted.set(key, id)
      claimants.set(id, (claimants.get(id) ?? new Set()).add(key))
    },
    delete: remove,
    rivals,
    holder(key, read) {
      const others = rivals(key)
      if (others.length === 0) return undefined
      const objects = [key, ...others].flatMap((one) => read(one) ?? [])
      const found = releaseHolder(objects)?.metadata
      if (found === undefined) return undefined
      const holder = `${found.namespace ?? ''}/${found.name ?? ''}`
      return holder === key ? undefined : holder
    },
  }
}
