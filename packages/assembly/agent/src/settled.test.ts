import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { Controller, Standing } from './kinds/controller.ts'
import { isSettled } from './settled.ts'

const idle = { running: 0, waiting: 0 }

function controller(kind: string, states: Readonly<Record<string, Standing['state']>>): Controller {
  const objects = Object.keys(states).map((name): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'ns' },
  }))
  const standing = (object: KubeObject): Standing => ({
    kind,
    namespace: 'ns',
    name: object.metadata.name ?? '',
    state: states[object.metadata.name ?? ''] ?? 'ready',
    reason: '',
    revision: '',
    message: '',
  })
  return {
    kind,
    synced: Promise.resolve(),
    turn: () => Promise.resolve({ kind: 'done' }),
    objects: () => objects,
    standing,
    close: () => undefined,
  }
}

test('nothing is settled while a turn is due, or an object is on its way', () => {
  const ready = [controller('GitRepository', { a: 'ready', b: 'failed', c: 'suspended' })]
  expect(isSettled(ready, idle)).toBe(true)
  expect(isSettled(ready, { running: 1, waiting: 0 })).toBe(false)
  expect(isSettled(ready, { running: 0, waiting: 1 })).toBe(false)
  expect(isSettled([controller('GitRepository', { a: 'progressing' })], idle)).toBe(false)
})

test('an object that was just made is waited for, though the watch has not told of it yet', () => {
  const expected = [{ kind: 'Kustomization', namespace: 'ns', name: 'root' }]
  const early = [controller('GitRepository', { a: 'ready' }), controller('Kustomization', {})]
  expect(isSettled(early, idle, expected)).toBe(false)
  const later = [controller('GitRepository', { a: 'ready' }), controller('Kustomization', { root: 'ready' })]
  expect(isSettled(later, idle, expected)).toBe(true)
})
