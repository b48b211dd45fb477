import { expect, test } from 'vitest'
import { Coalesced } from './coalesced.ts'
import { gitError } from './git-failure.ts'

const { signal } = new AbortController()

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  return Promise.withResolvers<T>()
}

test('[G13] a call that comes during a run gets the result of the next run, together with all others', async () => {
  const coalesced = new Coalesced<number>()
  const first = deferred<number>()
  const runs: number[] = []
  const work = async (result: number) => {
    runs.push(result)
    return result
  }
  const one = coalesced.run(() => first.promise, signal)
  const others = [2, 3, 4].map((result) => coalesced.run(() => work(result), signal))
  expect(runs).toEqual([])
  first.resolve(1)
  expect(await one).toBe(1)
  expect(await Promise.all(others)).toEqual([2, 2, 2])
  expect([runs, coalesced.idle]).toEqual([[2], true])
})

test('[G13] a failed run fails its own callers only', async () => {
  const coalesced = new Coalesced<number>()
  const first = deferred<number>()
  const one = coalesced.run(() => first.promise, signal)
  const two = coalesced.run(() => Promise.resolve(2), signal)
  first.reject(new Error('broken'))
  await expect(one).rejects.toThrow('broken')
  expect(await two).toBe(2)
})

test('[G13] when the caller whose run is shared gives up, another takes it over', async () => {
  const coalesced = new Coalesced<number>()
  const first = deferred<number>()
  const second = deferred<number>()
  const one = coalesced.run(() => first.promise, signal)
  const impatient = coalesced.run(() => second.promise, AbortSignal.abort())
  const patient = coalesced.run(() => Promise.resolve(3), signal)
  first.resolve(1)
  await one
  second.reject(gitError('Cancelled', 'given up'))
  await expect(impatient).rejects.toThrow('given up')
  expect(await patient).toBe(3)
})
