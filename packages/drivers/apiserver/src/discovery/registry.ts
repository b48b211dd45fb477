import type { ResourceKind } from '../contracts.ts'

/** The served kinds, found by what a path names. Changes with CustomResourceDefinitions. */
export class ResourceRegistry {
  readonly #kinds = new Map<string, ResourceKind>()
  #generation = 0

  /** Rises with every change, so that documents made from the table know when they are old. */
  get generation(): number {
    return this.#generation
  }

  find(group: string, version: string, resource: string): ResourceKind | undefined {
    return this.#kinds.get(`${group}/${version}/${resource}`)
  }

  hasGroup(group: string): boolean {
    return this.all().some((each) => each.group === group)
  }

  all(): readonly ResourceKind[] {
    return [...this.#kinds.values()]
  }

  add(kind: ResourceKind): void {
    this.#kinds.set(`${kind.group}/${kind.version}/${kind.resource}`, kind)
    this.#generation += 1
  }

  /** Takes all versions of a custom resource out. */
  remove(group: string, resource: string): void {
    for (const [key, kind] of this.#kinds) {
      if (kind.group === group && kind.resource === resource && kind.custom) this.#kinds.delete(key)
    }
    this.#generation += 1
  }
}

/** The name of the shelf in storage whose objects this kind shows. */
export function shelfOf(kind: ResourceKind): string {
  const { group, resource } = kind.storage
  return group === '' ? resource : `${resource}.${group}`
}
