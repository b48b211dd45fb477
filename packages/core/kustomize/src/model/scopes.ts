import { kindScopes } from '../data/kind-scopes.ts'

/** Which kinds live outside namespaces: the built-in table, and what a custom OpenAPI document adds to it. */
export class Scopes {
  readonly #added = new Map<string, boolean>()
  /** Whether a kind was asked for that is not in the table; what a custom OpenAPI document means depends on it. */
  askedForUnknown = false

  /** Whether a kind is certainly cluster-scoped; unknown kinds count as namespaced. */
  isClusterScoped(apiVersion: string, kind: string): boolean {
    const key = `${apiVersion}/${kind}`
    const known = kindScopes.get(key)
    if (known !== undefined) return !known
    this.askedForUnknown = true
    return this.#added.get(key) === false
  }

  /** Adds a kind; one that is namespaced anywhere is namespaced. */
  add(key: string, namespaced: boolean): void {
    if (namespaced || !this.#added.has(key)) this.#added.set(key, namespaced)
  }
}
