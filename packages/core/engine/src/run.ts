import { Bug } from '@kedge/base'
import { ApiError, formatKey, type KubeObject } from '@kedge/manifest'

import { digestOf } from './canonical.ts'
import type { Answer, Effect, EffectError, EffectOwner, Program } from './model/effect.ts'
import type { ObjectRef } from './model/inventory.ts'
import type { EnginePorts } from './ports.ts'

/** How many effects of one batch are under way at once, unless told otherwise. */
export const defaultConcurrency = 12

export interface RunOptions<E = Effect> {
  readonly owner: EffectOwner
  /** At least 1; `defaultConcurrency` when absent. */
  readonly concurrency?: number
  /** Ends the run before its next batch, with the signal's reason. What is under way is awaited first. */
  readonly signal?: AbortSignal
  /** The order in which a batch's effects are begun: a permutation of 0..size-1. For simulations. */
  readonly order?: (size: number) => readonly number[]
  /** Called around every effect. What it throws ends the run there, as a crash would. */
  readonly watcher?: EffectWatcher<E>
}

export interface EffectWatcher<E = Effect> {
  before?(effect: E, owner: EffectOwner): void
  after?(effect: E, answer: Answer<unknown>, owner: EffectOwner): void
}

/** Carries out a program's effects through the ports and returns its value. Throws what is no ApiError. */
export async function run<T>(program: Program<T>, ports: EnginePorts, options: RunOptions): Promise<T> {
  return runWith(program, (effect) => touch(effect, ports, options.owner), options)
}

/** What carries out one effect: its value, or an ApiError thrown. */
export type Touch<E> = (effect: E) => Promise<unknown>

/** `run` for programs that yield other effects beside the engine's; `touch` carries out each. */
export async function runWith<E, T>(
  program: Generator<readonly E[], T, readonly Answer<unknown>[]>,
  touchEffect: Touch<E>,
  options: RunOptions<E>,
): Promise<T> {
  let step = program.next([])
  while (!step.done) {
    options.signal?.throwIfAborted()
    step = program.next(await carryOutAll(step.value, touchEffect, options))
  }
  return step.value
}

async function carryOutAll<E>(
  batch: readonly E[],
  touchEffect: Touch<E>,
  options: RunOptions<E>,
): Promise<readonly Answer<unknown>[]> {
  const answers = new Map<number, Answer<unknown>>()
  const order = options.order?.(batch.length) ?? batch.map((_, index) => index)
  let next = 0
  const failures: unknown[] = []
  async function work(): Promise<void> {
    while (next < order.length && failures.length === 0) {
      const index = order[next]
      next += 1
      const effect = index === undefined ? undefined : batch[index]
      if (index === undefined || effect === undefined) throw new Bug('the order is no permutation of the batch')
      try {
        answers.set(index, await carryOut(effect, touchEffect, options))
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const width = Math.max(1, Math.min(options.concurrency ?? defaultConcurrency, batch.length))
  await Promise.all(Array.from({ length: width }, work))
  if (failures.length > 0) throw failures[0]
  return batch.map((_, index) => answers.get(index) ?? bug())
}

function bug(): never {
  throw new Bug('an effect was not carried out')
}

async function carryOut<E>(effect: E, touchEffect: Touch<E>, options: RunOptions<E>): Promise<Answer<unknown>> {
  options.watcher?.before?.(effect, options.owner)
  const answer = await attempt(() => touchEffect(effect))
  options.watcher?.after?.(effect, answer, options.owner)
  return answer
}

async function attempt(touched: () => Promise<unknown>): Promise<Answer<unknown>> {
  try {
    return { ok: true, value: await touched() }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { ok: false, error: { ...error.status, outcomeKnown: error.outcomeKnown } }
  }
}

/** Carries out one of the engine's effects through the ports. */
export async function touch(effect: Effect, ports: EnginePorts, owner: EffectOwner): Promise<unknown> {
  const { cluster } = ports
  switch (effect.kind) {
    case 'resolve': {
      const found = await cluster.resourceFor(effect.gvk, { fresh: effect.fresh })
      return found === undefined ? undefined : { version: found.version, namespaced: found.namespaced }
    }
    case 'watch':
      await cluster.watch(effect.kinds)
      return null
    case 'read': {
      const cached = effect.fresh ? 'unknown' : cluster.live(effect.ref)
      return cached === 'unknown' ? await getOrNothing(effect.ref, ports) : cached
    }
    case 'count':
      return (await cluster.list(effect.gvk, { limit: effect.limit })).length
    case 'claims':
      return claimsOf(effect.keys, ports, owner)
    case 'dry-run':
      return await cluster.apply(effect.object, { fieldManager: effect.fieldManager, force: true, dryRun: true })
    case 'save-inventory':
      await ports.record.saveInventory(owner.deliveryId, effect.entries)
      return null
    case 'apply':
      return await cluster.apply(effect.object, { fieldManager: effect.fieldManager, force: true })
    case 'patch-owners':
      return await cluster.patch(effect.ref, effect.patch, { fieldManager: effect.fieldManager })
    case 'delete':
      return await remove(effect, ports)
  }
}

/** Only the API's own word that the object is not there counts: a proxy or a router answers 404 for other reasons. */
function saysAbsent(error: unknown): boolean {
  return (
    error instanceof ApiError && error.outcomeKnown && error.status.code === 404 && error.status.reason === 'NotFound'
  )
}

async function getOrNothing(ref: ObjectRef, ports: EnginePorts): Promise<KubeObject | undefined> {
  try {
    return await ports.cluster.get(ref)
  } catch (error) {
    if (saysAbsent(error)) return undefined
    throw error
  }
}

function claimsOf(
  keys: readonly Parameters<typeof formatKey>[0][],
  ports: EnginePorts,
  owner: EffectOwner,
): Readonly<Record<string, string>> {
  const claims: Record<string, string> = {}
  for (const key of keys) {
    const other = ports.claims.claimedElsewhere(key, owner.deliveryId)
    if (other !== undefined) claims[formatKey(key)] = other
  }
  return claims
}

async function remove(
  effect: Extract<Effect, { kind: 'delete' }>,
  ports: EnginePorts,
): Promise<'gone' | 'terminating' | 'changed'> {
  try {
    return await ports.cluster.delete(effect.ref, { uid: effect.uid, propagation: effect.propagation })
  } catch (error) {
    if (saysAbsent(error)) return 'gone'
    if (error instanceof ApiError && error.outcomeKnown && error.status.code === 409) return 'changed'
    throw error
  }
}

/** One effect as it was carried out. */
export interface TraceEntry {
  readonly atMs: number
  readonly deliveryId: string
  readonly revision: string
  readonly effect: Effect
  readonly outcome: 'ok' | EffectError
}

/** A watcher that writes down every effect with its time and outcome, and the hash of all of it. */
export function createTrace(nowMs: () => number): { watcher: EffectWatcher; entries: TraceEntry[]; hash(): string } {
  const entries: TraceEntry[] = []
  return {
    entries,
    watcher: {
      after(effect, answer, owner) {
        entries.push({ atMs: nowMs(), ...owner, effect, outcome: answer.ok ? 'ok' : answer.error })
      },
    },
    hash: () => digestOf(entries),
  }
}
