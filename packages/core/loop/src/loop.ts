import { Bug, type Clock, type Random, type Timers } from '@kedge/base'

import { backOffMs, defaultBackOff, scatter, type BackOffOptions } from './back-off.ts'
import { createLull, maxLingering, type Lull, type LullEnd } from './lull.ts'
import type { Next, Priority } from './next.ts'
import { createReadyQueue, type ReadyQueue } from './ready-queue.ts'
import { createTokens, type Tokens } from './tokens.ts'

export interface LoopPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

/** What a pass is told beside its key. */
export interface PassContext {
  /** Aborted when the pass is overtaken (`Wake.interrupt`), late or the loop stops. */
  readonly signal: AbortSignal
  /** How many passes of this key failed in a row before this one. */
  readonly failures: number
  /**
   * Gives the pass's place away for good and resolves when no pass needs one, in the order of asking: for what may come
   * after the work of others. Resolves with `late` after `maxMs`, and with `overtaken` at once when the key is woken or
   * forgotten or the loop stops.
   */
  readonly whenQuiet: (maxMs: number) => Promise<LullEnd>
}

export interface LoopOptions {
  /** Does one pass of a key. What it throws is contained: the key backs off, all others go on. */
  readonly handle: (key: string, context: PassContext) => Promise<Next>
  /** Passes at once; 8 when absent. */
  readonly concurrency?: number
  /** Places that only deletions may take; an eighth of the concurrency, but not the last place, when absent. */
  readonly deletionPlaces?: number
  readonly backOff?: BackOffOptions
  /** A pass that takes longer is aborted and gives its place away; 10 min when absent. */
  readonly passTimeoutMs?: number
  /** Told what a pass threw. */
  readonly onFault?: (key: string, error: unknown) => void
  /** Keys known at once; more are refused with Bug, because the caller's own bound must be lower. 100,000 when absent. */
  readonly maxKeys?: number
}

export interface Wake {
  /** `normal` when absent. Of several wakes before a pass the most urgent counts. */
  readonly priority?: Priority
  /** Aborts a pass of the key that is under way: what it works on is out of date. */
  readonly interrupt?: boolean
  /** Begins the back-off anew, because the input has changed. */
  readonly fresh?: boolean
}

/** What a key is doing, for people. */
export interface KeyState {
  readonly phase: 'running' | 'ready' | 'resting'
  /** When its timer is due; undefined when only a wake brings it back. */
  readonly dueAtMs?: number
  readonly failures: number
  readonly last?: Next
}

/** Keys that are worked on, one pass of each at a time. */
export interface Loop {
  /** Lets a key have a pass as soon as there is a place; wakes before it begins are one. */
  wake(key: string, how?: Wake): void
  /** Wakes several keys in this order. */
  wakeAll(keys: readonly string[], how?: Wake): void
  /** Drops a key with its timer and failures; a pass under way is aborted. */
  forget(key: string): void
  state(key: string): KeyState | undefined
  keys(): readonly string[]
  /** Begins no pass any more, aborts those under way and resolves when they have ended. */
  stop(): Promise<void>
  readonly load: { readonly ready: number; readonly running: number; readonly keys: number }
  /** How full each of its bounded stores is: its keys, its places, and its passes that wait for a quiet moment. */
  gauges(): readonly Gauge[]
}

/** How full something bounded is. */
export interface Gauge {
  readonly name: string
  readonly value: number
  readonly max: number
}

interface Entry {
  readonly key: string
  readonly tokens: Tokens
  running: Run | undefined
  /** Woken while running, or waiting for a place. */
  wanted: Priority | undefined
  failures: number
  last: Next | undefined
  cancelTimer: (() => void) | undefined
  dueAtMs: number | undefined
  forgotten: boolean
}

interface Run {
  readonly controller: AbortController
  readonly priority: Priority
  holdsPlace: boolean
  /** Whether it took longer than a pass may. */
  isLate: boolean
  /** Whether it has asked for a quiet moment. */
  lingers: boolean
}

/** Passes that may begin before timers and answers have their turn. */
const burst = 8

/** A loop over keys: coalescing, priorities, back-off per key, fairness, and bounds on everything. */
export function createLoop(options: LoopOptions, ports: LoopPorts): Loop {
  return new KeyLoop(options, ports)
}

class KeyLoop implements Loop {
  readonly #options: Required<Omit<LoopOptions, 'onFault'>> & Pick<LoopOptions, 'onFault'>
  readonly #ports: LoopPorts
  readonly #entries = new Map<string, Entry>()
  readonly #queue: ReadyQueue
  readonly #lull: Lull
  readonly #runs = new Set<Promise<void>>()
  #places = { ordinary: 0, deletion: 0 }
  #begun = 0
  #stopped = false

  constructor(options: LoopOptions, ports: LoopPorts) {
    const concurrency = Math.max(1, options.concurrency ?? 8)
    this.#options = {
      concurrency,
      deletionPlaces: Math.min(concurrency - 1, Math.ceil(concurrency / 8)),
      backOff: defaultBackOff,
      passTimeoutMs: 600_000,
      maxKeys: 100_000,
      ...options,
    }
    this.#ports = ports
    this.#queue = createReadyQueue()
    this.#lull = createLull(ports.timers, { isQuiet: () => this.#isQuiet(), width: concurrency })
  }

  get load(): Loop['load'] {
    return { ready: this.#queue.size, running: this.#runs.size, keys: this.#entries.size }
  }

  gauges(): readonly Gauge[] {
    const { concurrency, maxKeys } = this.#options
    return [
      { name: 'keys', value: this.#entries.size, max: maxKeys },
      { name: 'passes', value: this.#places.ordinary + this.#places.deletion, max: concurrency },
      { name: 'passes that linger', value: this.#lull.size, max: maxLingering },
    ]
  }

  wake(key: string, how: Wake = {}): void {
    if (this.#stopped) return
    const entry = this.#entryFor(key)
    if (how.fresh === true) entry.failures = 0
    if (entry.running !== undefined) {
      entry.wanted = moreUrgent(entry.wanted, how.priority ?? 'normal')
      this.#lull.overtake(key)
      if (how.interrupt === true) entry.running.controller.abort(new Error('overtaken by a newer input'))
      return
    }
    this.#makeReady(entry, how.priority ?? 'normal')
  }

  wakeAll(keys: readonly string[], how: Wake = {}): void {
    for (const key of keys) this.wake(key, how)
  }

  forget(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.forgotten = true
    entry.cancelTimer?.()
    entry.running?.controller.abort(new Error('no longer wanted'))
    this.#lull.overtake(key)
    this.#queue.remove(key)
    this.#entries.delete(key)
  }

  state(key: string): KeyState | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const { failures, last, dueAtMs } = entry
    const phase = entry.running !== undefined ? 'running' : this.#queue.has(key) ? 'ready' : 'resting'
    return { phase, failures, ...(last === undefined ? {} : { last }), ...(dueAtMs === undefined ? {} : { dueAtMs }) }
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()]
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const entry of this.#entries.values()) {
      entry.cancelTimer?.()
      entry.running?.controller.abort(new Error('the loop is stopping'))
    }
    this.#lull.open()
    await Promise.all(this.#runs)
  }

  #entryFor(key: string): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    if (this.#entries.size >= this.#options.maxKeys)
      throw new Bug(`the loop holds ${this.#options.maxKeys} keys already`)
    const entry: Entry = {
      key,
      tokens: createTokens(this.#ports.clock.now()),
      running: undefined,
      wanted: undefined,
      failures: 0,
      last: undefined,
      cancelTimer: undefined,
      dueAtMs: undefined,
      forgotten: false,
    }
    this.#entries.set(key, entry)
    return entry
  }

  /** Puts a key into the queue, or lets it wait for its next token when it has had too many passes of late. */
  #makeReady(entry: Entry, priority: Priority): void {
    entry.wanted = moreUrgent(entry.wanted, priority)
    const waitMs = priority === 'request' ? 0 : entry.tokens.waitMs(this.#ports.clock.now())
    if (waitMs > 0 && !this.#queue.has(entry.key)) {
      this.#schedule(entry, waitMs)
      return
    }
    this.#clearTimer(entry)
    this.#queue.put(entry.key, entry.wanted)
    this.#fill()
  }

  #clearTimer(entry: Entry): void {
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    entry.dueAtMs = undefined
  }

  /** An earlier timer stays. */
  #schedule(entry: Entry, delayMs: number): void {
    const dueAtMs = this.#ports.clock.now() + Math.max(0, delayMs)
    if (entry.cancelTimer !== undefined && entry.dueAtMs !== undefined && entry.dueAtMs <= dueAtMs) return
    this.#clearTimer(entry)
    entry.dueAtMs = dueAtMs
    entry.cancelTimer = this.#ports.timers.after(Math.max(0, delayMs), () => {
      this.#clearTimer(entry)
      if (this.#stopped || entry.forgotten) return
      if (entry.running !== undefined) entry.wanted = moreUrgent(entry.wanted, 'normal')
      if (entry.running === undefined) this.#makeReady(entry, entry.wanted ?? 'normal')
    })
  }

  #fill(): void {
    while (!this.#stopped && this.#begun < burst) {
      const key = this.#queue.take({ ordinary: this.#hasOrdinaryPlace(), deletion: this.#hasPlace() })
      const entry = key === undefined ? undefined : this.#entries.get(key)
      if (entry === undefined) return
      this.#countBegun()
      const run = this.#run(entry)
      this.#runs.add(run)
      void run.finally(() => this.#runs.delete(run))
    }
  }

  /** Passes that need nothing from outside would otherwise follow each other while every answer waits to be read. */
  #countBegun(): void {
    this.#begun += 1
    if (this.#begun > 1) return
    this.#ports.timers.after(0, () => {
      this.#begun = 0
      this.#fill()
      this.#lull.look()
    })
  }

  #hasPlace(): boolean {
    return this.#places.ordinary + this.#places.deletion < this.#options.concurrency
  }

  #hasOrdinaryPlace(): boolean {
    return this.#hasPlace() && this.#places.ordinary < this.#options.concurrency - this.#options.deletionPlaces
  }

  async #run(entry: Entry): Promise<void> {
    const priority = entry.wanted ?? 'normal'
    const run: Run = { controller: new AbortController(), priority, holdsPlace: true, isLate: false, lingers: false }
    entry.running = run
    entry.wanted = undefined
    entry.tokens.take(this.#ports.clock.now())
    this.#count(priority, 1)
    const cancel = this.#ports.timers.after(this.#options.passTimeoutMs, () => this.#abandon(run))
    const next = await this.#attempt(entry, run)
    cancel()
    this.#givePlace(run)
    entry.running = undefined
    this.#settle(entry, next)
    this.#fill()
    if (run.lingers) this.#lull.left()
    else this.#lull.look()
  }

  async #attempt(entry: Entry, run: Run): Promise<Next> {
    try {
      return await this.#options.handle(entry.key, {
        signal: run.controller.signal,
        failures: entry.failures,
        whenQuiet: (maxMs) => this.#linger(entry, run, maxMs),
      })
    } catch (error) {
      // An abort of our own making is no fault of the key.
      if (!run.controller.signal.aborted || run.isLate) this.#options.onFault?.(entry.key, error)
      return { kind: 'retry', cause: error instanceof Error ? error.message : 'unknown fault' }
    }
  }

  async #linger(entry: Entry, run: Run, maxMs: number): Promise<LullEnd> {
    // What was woken meanwhile has another pass to come.
    if (entry.wanted !== undefined || run.controller.signal.aborted) return 'overtaken'
    if (run.lingers) return 'late'
    run.lingers = true
    this.#givePlace(run)
    this.#fill()
    return this.#lull.join(entry.key, maxMs)
  }

  #isQuiet(): boolean {
    return this.#queue.size === 0 && this.#places.ordinary + this.#places.deletion === 0
  }

  /** A pass that hangs keeps its key, so that no second pass of it begins, but not its place. */
  #abandon(run: Run): void {
    run.isLate = true
    run.controller.abort(new Error(`the pass took longer than ${this.#options.passTimeoutMs / 1000} s`))
    this.#givePlace(run)
    this.#fill()
    this.#lull.look()
  }

  #givePlace(run: Run): void {
    if (!run.holdsPlace) return
    run.holdsPlace = false
    this.#count(run.priority, -1)
  }

  #count(priority: Priority, by: 1 | -1): void {
    this.#places[priority === 'deletion' ? 'deletion' : 'ordinary'] += by
  }

  #settle(entry: Entry, next: Next): void {
    entry.last = next
    if (entry.forgotten || this.#stopped) return
    entry.failures = next.kind === 'retry' ? entry.failures + 1 : 0
    const delayMs = this.#delayOf(next, entry)
    if (delayMs !== undefined) this.#schedule(entry, delayMs)
    if (entry.wanted !== undefined) this.#makeReady(entry, entry.wanted)
  }

  #delayOf(next: Next, entry: Entry): number | undefined {
    const { backOff } = this.#options
    switch (next.kind) {
      case 'done':
        return next.intervalMs === undefined ? undefined : scatter(next.intervalMs, backOff.jitter, this.#ports.random)
      case 'after':
        return next.delayMs
      case 'retry':
        return next.delayMs ?? backOffMs(entry.failures, backOff, this.#ports.random)
      case 'waiting':
        return next.deadlineMs - this.#ports.clock.now()
      case 'stalled':
        return undefined
    }
  }
}

const urgency = { request: 2, deletion: 1, normal: 0 } as const satisfies Record<Priority, number>

function moreUrgent(a: Priority | undefined, b: Priority): Priority {
  if (a === undefined) return b
  // A deletion keeps its places whoever asks for it.
  if (a === 'deletion' || b === 'deletion') return 'deletion'
  return urgency[a] >= urgency[b] ? a : b
}
