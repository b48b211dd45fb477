import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { judgeEvent } from './judge-event.ts'
import { recordOf } from './projection.ts'
import { modelApply, modelUpdate } from './testing/model-apply.ts'
import { configMap } from './testing/model-delivery.ts'

const manager = 'kedge-test'
const applied = at(modelApply(undefined, configMap('one'), manager), '10')
const record = recordOf(applied, 'sha256:x', manager)

function at(object: KubeObject, resourceVersion: string, uid = 'u1'): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } }
}

function edited(change: (object: KubeObject) => KubeObject, version = '11'): KubeObject {
  return at(modelUpdate(applied, change(applied), 'someone'), version)
}

test.each([
  ['our own write coming back', 'MODIFIED', applied, 'same'],
  ['a status that changed', 'MODIFIED', at({ ...applied, status: { phase: 'Ok' } }, '11'), 'same'],
  ['a field of somebody else', 'MODIFIED', edited((one) => ({ ...one, data: { a: '1', theirs: 'x' } })), 'same'],
  ['a field of ours that changed', 'MODIFIED', edited((one) => ({ ...one, data: { a: '2' } })), 'drift'],
  ['a field of ours that was removed', 'MODIFIED', edited((one) => ({ ...one, data: {} })), 'drift'],
  ['an event from before our write', 'MODIFIED', edited((one) => ({ ...one, data: { a: '2' } }), '9'), 'same'],
  [
    'a deletion that begins',
    'MODIFIED',
    at({ ...applied, metadata: { ...applied.metadata, deletionTimestamp: 'x' } }, '11'),
    'leaving',
  ],
  ['a deletion', 'DELETED', at(applied, '12'), 'gone'],
  ['the deletion of an earlier object of that name', 'DELETED', at(applied, '12', 'u0'), 'same'],
  ['another object of that name', 'ADDED', at(applied, '12', 'u2'), 'replaced'],
] as const)('[D5] %s', (_name, type, object, expected) => {
  expect(judgeEvent(record, { type, object }, manager)).toBe(expected)
})

test('[D5] an object that this process has not applied is unknown', () => {
  expect(judgeEvent(undefined, { type: 'MODIFIED', object: applied }, manager)).toBe('unknown')
})
