import { expect, test } from 'vitest'

import { createTasks } from './tasks.ts'

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
  const tasks = createTasks<number>(2)
  for (const [index, one] of gates.entries()) {
    const work = async (): Promise<number> => {
      begun.push(index)
      await one.opened
      return index
    }
    tasks.start(`key ${index}`, work, { ended: (outcome) => ended.push(outcome), lost: () => undefined })
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

interface Heard {
  readonly ended: number[]
  readonly lost: string[]
}

function listen(heard: Heard): { ended: (outcome: number) => void; lost: (error: unknown) => void } {
  return {
    ended: (outcome) => heard.ended.push(outcome),
    lost: (error) => heard.lost.push(String(error)),
  }
}

const untilAborted = (signal: AbortSignal): Promise<number> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('?')))
  })

test('a work that throws is told, and its key and place are free again', async () => {
  const heard: Heard = { ended: [], lost: [] }
  const tasks = createTasks<number>(1)
  tasks.start('a', () => Promise.reject(new Error('broken')), listen(heard))
  tasks.start('b', () => Promise.resolve(2), listen(heard))
  await settled()
  expect(heard).toEqual({ ended: [2], lost: ['Error: broken'] })
  expect(tasks.isUnderWay('a')).toBe(false)
})

test('one work may be aborted, begun or not, and the others go on', async () => {
  const heard: Heard = { ended: [], lost: [] }
  const tasks = createTasks<number>(1)
  tasks.start('a', untilAborted, listen(heard))
  tasks.start('b', () => Promise.resolve(2), listen(heard))
  tasks.start('c', () => Promise.resolve(3), listen(heard))
  tasks.abort('b', 'not wanted')
  tasks.abort('a', 'deleted')
  await settled()
  expect(heard).toEqual({ ended: [3], lost: ['Error: deleted', 'Error: not wanted'] })
})

test('closing aborts what is under way, begins nothing that waits, and tells nobody', async () => {
  const heard: Heard = { ended: [], lost: [] }
  const begun: string[] = []
  const tasks = createTasks<number>(1)
  tasks.start('a', untilAborted, listen(heard))
  const later = (): Promise<number> => {
    begun.push('b')
    return Promise.resolve(2)
  }
  tasks.start('b', later, listen(heard))
  await settled()
  await tasks.close()
  expect({ begun, heard }).toEqual({ begun: [], heard: { ended: [], lost: [] } })
})
