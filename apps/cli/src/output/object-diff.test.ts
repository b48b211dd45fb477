import { expect, test } from 'vitest'
import { diffObjects } from './object-diff.ts'

const plain = (_style: string, text: string) => text

test('what the server keeps for itself is no difference', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } }
  const live = { ...object, metadata: { name: 'a', uid: 'u', resourceVersion: '5', managedFields: [] }, status: {} }
  expect(diffObjects(live, object, plain)).toBe('')
})

test('a changed value is a line out and a line in', () => {
  const object = (x: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x } })
  expect(diffObjects(object('old'), object('new'), plain)).toContain('-  x: old\n+  x: new\n')
})

test('values of a Secret never show, only that they changed', () => {
  const secret = (password: string, copy: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': copy } },
    data: { password, same: 'canary-same' },
  })
  const text = diffObjects(secret('canary-old', 'canary-copy'), secret('canary-new', 'canary-copy2'), plain)
  expect(text).not.toContain('canary')
  expect(text).toContain("+  password: '***** (changed)'")
  expect(text).not.toContain("same: '***** (changed)")
})

test('a Secret that is new shows its keys alone', () => {
  const text = diffObjects(
    undefined,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { token: 'canary' } },
    plain,
  )
  expect(text).toContain('token')
  expect(text).not.toContain('canary')
})
