import type { StorageEvent } from './storage.ts'

/** The latest events of one resource, oldest first. Everything after `floor` is there. */
export class EventRing {
  readonly #limit: number
  #events: StorageEvent[] = []
  #start = 0
  #floor: number

  constructor(floor: number, limit: number) {
    this.#floor = floor
    this.#limit = limit
  }

  /** The newest revision whose event is no longer here. */
  get floor(): number {
    return this.#floor
  }

  push(event: StorageEvent): void {
    this.#events.push(event)
    if (this.#events.length - this.#start <= this.#limit) return
    this.#floor = this.#events[this.#start]?.revision ?? this.#floor
    this.#start += 1
    if (this.#start < this.#limit) return
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }

  /** Takes the newest event back. */
  pop(): void {
    this.#events.pop()
  }

  /** The events after a revision, oldest first; undefined when some of them are gone. */
  after(revision: number): readonly StorageEvent[] | undefined {
    if (revision < this.#floor) return undefined
    let at = this.#events.length
    while (at > this.#start && (this.#events[at - 1]?.revision ?? 0) > revision) at -= 1
    return this.#events.slice(at)
  }
}
