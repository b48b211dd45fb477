import {
  emptyMemory,
  type Delivery,
  type EventVerdict,
  type HealthWait,
  type Memory,
  type ObjectRef,
  type Report,
} from '@kedge/engine'
import { formatKey, type ObjectKey } from '@kedge/manifest'

import type { OwnedEvent } from '../cluster/engine-cluster.ts'
import type { Target } from '../cluster/target-clusters.ts'

/** What the agent keeps of one delivery between its passes. Losing it costs reads, never a wrong write. */
export interface DeliveryState {
  readonly id: string
  /** The loop's key of the object that asked for the delivery. */
  readonly key: string
  memory: Memory
  /** What the last full pass delivered; undefined before the first and while nothing may be corrected. */
  current: { readonly delivery: Delivery; readonly target: Target } | undefined
  wait: HealthWait | undefined
  /** How the last whole pass ended, and what had asked for it. */
  last: { readonly report: Report; readonly cause: string } | undefined
  /** Whether a whole pass runs: what happens to its objects meanwhile is judged at its end. */
  isUnderWay: boolean
  /** Objects that somebody changed since the last pass. */
  readonly dirty: Map<string, ObjectKey>
  /** How often a whole pass was asked for, and how many of these askings have been answered. */
  asked: number
  answered: number
  /** Hears of every change of the delivery's objects instead of the usual correction of drift. */
  observer: ((event: OwnedEvent, verdict: EventVerdict) => void) | undefined
  /** Since when the status does not tell what is known, milliseconds since the epoch; undefined when it does. */
  silentSinceMs: number | undefined
  /** When the next whole pass is due, milliseconds since the epoch. */
  nextPassAtMs: number
}

/** All deliveries of the process, by id and by what they hold. */
export interface DeliveryStates {
  of(id: string, key: string): DeliveryState
  find(id: string): DeliveryState | undefined
  forget(id: string): void
  /** Notes what a delivery desires and has recorded; earlier notes of it are replaced. */
  own(state: DeliveryState, clusterId: string, objects: Ownership): void
  /** The delivery that has recorded an object of a cluster. */
  ownerOf(clusterId: string, key: ObjectKey): DeliveryState | undefined
  /** Another delivery that has an object in its present desired set. */
  claimedElsewhere(clusterId: string, key: ObjectKey, deliveryId: string): string | undefined
  all(): Iterable<DeliveryState>
}

export interface Ownership {
  readonly desired: readonly ObjectKey[]
  readonly recorded: readonly ObjectRef[]
}

export function createDeliveryStates(): DeliveryStates {
  const states = new Map<string, DeliveryState>()
  const claims = new Map<string, Set<string>>()
  const owners = new Map<string, string>()
  const held = new Map<string, { readonly claims: readonly string[]; readonly owns: readonly string[] }>()
  function release(id: string): void {
    const old = held.get(id)
    for (const key of old?.owns ?? []) if (owners.get(key) === id) owners.delete(key)
    for (const key of old?.claims ?? []) {
      const claimants = claims.get(key)
      claimants?.delete(id)
      if (claimants?.size === 0) claims.delete(key)
    }
    held.delete(id)
  }
  return {
    of(id, key) {
      const known = states.get(id)
      if (known !== undefined) return known
      const made: DeliveryState = {
        id,
        key,
        memory: emptyMemory,
        current: undefined,
        wait: undefined,
        last: undefined,
        isUnderWay: false,
        dirty: new Map(),
        observer: undefined,
        asked: 1,
        answered: 0,
        silentSinceMs: undefined,
        nextPassAtMs: 0,
      }
      states.set(id, made)
      return made
    },
    find: (id) => states.get(id),
    forget(id) {
      release(id)
      states.delete(id)
    },
    own(state, clusterId, objects) {
      const claimed = objects.desired.map((key) => placeOf(clusterId, key))
      const owned = objects.recorded.map((key) => placeOf(clusterId, key))
      const old = held.get(state.id)
      if (old !== undefined && sameTexts(old.claims, claimed) && sameTexts(old.owns, owned)) {
        // The usual case; but another delivery may have recorded one of them since.
        for (const key of owned) owners.set(key, state.id)
        return
      }
      release(state.id)
      for (const key of owned) owners.set(key, state.id)
      for (const key of claimed) claims.set(key, (claims.get(key) ?? new Set()).add(state.id))
      held.set(state.id, { claims: claimed, owns: owned })
    },
    ownerOf(clusterId, key) {
      const id = owners.get(placeOf(clusterId, key))
      return id === undefined ? undefined : states.get(id)
    },
    claimedElsewhere(clusterId, key, deliveryId) {
      const claimants = claims.get(placeOf(clusterId, key)) ?? []
      for (const id of claimants) if (id !== deliveryId) return id
      return undefined
    },
    all: () => states.values(),
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}

function placeOf(clusterId: string, key: ObjectKey): string {
  return `${clusterId} ${formatKey(key)}`
}
