import { expect, test } from 'vitest'

import { createTasks } from './helm-releases-tasks.ts'

interface Gate {
  readonly opened: Promise<void>
  open(): void
}

function gate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('no more than the given number is under way at once, and the others follow in order', async () => {
  const gates = [gate(), gate(), gate()]
  const begun: number[] = []
  const ended: number[] = []
  const tasks = createTasks<number>(2, () => undefined)
  for (const [index, one] of gates.entries()) {
    const work = async (): Promise<number> => {
      begun.push(index)
      await one.opened
      return index
    }
    tasks.start(`key ${index}`, work, (outcome) => ended.push(outcome))
  }
  await settled()
  expect(begun).toEqual([0, 1])
  expect(tasks.isUnderWay('key 2')).toBe(true)
  gates[1]?.open()
  await settled()
  expect({ begun, ended }).toEqual({ begun: [0, 1, 2], ended: [1] })
  gates[0]?.open()
  gates[2]?.open()
  await settled()
  expect(ended).toEqual([1, 0, 2])
  expect(tasks.size).toBe(0)
})

test('a work that throws is told, and its key and place are free again', async () => {
  const faults: string[] = []
  const tasks = createTasks<number>(1, (key, error) => faults.push(`${key}: ${String(error)}`))
  const ended: number[] = []
  tasks.start(
    'a',
    () => Promise.reject(new Error('broken')),
    (outcome) => ended.push(outcome),
  )
  tasks.start(
    'b',
    () => Promise.resolve(2),
    (outcome) => ended.push(outcome),
  )
  await settled()
  expect(faults).toEqual(['a: Error: broken'])
  expect(ended).toEqual([2])
  expect(tasks.isUnderWay('a')).toBe(false)
})

test('closing aborts what is under way, begins nothing that waits, and tells nobody', async () => {
  const ended: number[] = []
  const begun: string[] = []
  const tasks = createTasks<number>(1, () => begun.push('fault'))
  const untilAborted = (signal: AbortSignal): Promise<number> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
  tasks.start('a', untilAborted, (outcome) => ended.push(outcome))
  const later = (): Promise<number> => {
    begun.push('b')
    return Promise.resolve(2)
  }
  tasks.start('b', later, (outcome) => ended.push(outcome))
  await settled()
  await tasks.close()
  expect({ begun, ended }).toEqual({ begun: [], ended: [] })
})
