import type { OwnedEvent } from '../../cluster/engine-cluster.ts'

/** Changes of the objects that are held in watch caches, for whoever waits for one. */
export interface ObjectEvents {
  tell(clusterId: string, event: OwnedEvent): void
  /** Calls the listener on every change in a cluster. Returns its end. */
  listen(clusterId: string, listener: (event: OwnedEvent) => void): () => void
}

export function createObjectEvents(): ObjectEvents {
  const listeners = new Map<string, Set<(event: OwnedEvent) => void>>()
  return {
    tell(clusterId, event) {
      for (const listener of Array.from(listeners.get(clusterId) ?? [])) listener(event)
    },
    listen(clusterId, listener) {
      const all = listeners.get(clusterId) ?? new Set()
      listeners.set(clusterId, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0 && listeners.get(clusterId) === all) listeners.delete(clusterId)
      }
    },
  }
}
