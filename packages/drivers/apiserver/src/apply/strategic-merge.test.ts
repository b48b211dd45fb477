import { FailureError } from '@kedge/base'
import { expect, test } from 'vitest'
import { createTypeSystem } from '../schema/type-system.ts'
import { createFieldManager } from './field-manager.ts'

const fields = createFieldManager(createTypeSystem())

function patchPod(spec: object, patch: object): unknown {
  const merged = fields.strategicMerge('v1', 'Pod', { spec }, { spec: patch })
  return merged['spec']
}

const containers = [
  { name: 'a', image: 'a:1', ports: [{ containerPort: 80 }] },
  { name: 'b', image: 'b:1' },
]

test('[S1] lists with a merge key merge by it, and new items come first among unordered ones', () => {
  expect(
    patchPod(
      { containers },
      {
        containers: [
          { name: 'b', image: 'b:2' },
          { name: 'c', image: 'c:1' },
        ],
      },
    ),
  ).toEqual({
    containers: [containers[0], { name: 'b', image: 'b:2' }, { name: 'c', image: 'c:1' }],
  })
})

test('[S2] $patch: delete takes an item out, $patch: replace the whole list', () => {
  expect(patchPod({ containers }, { containers: [{ name: 'a', $patch: 'delete' }] })).toEqual({
    containers: [containers[1]],
  })
  expect(patchPod({ containers }, { containers: [{ $patch: 'replace' }, { name: 'z' }] })).toEqual({
    containers: [{ name: 'z' }],
  })
})

test('[S3] $setElementOrder orders, with items of the server kept in their place', () => {
  const order = [{ name: 'b' }, { name: 'a' }]
  expect(patchPod({ containers }, { '$setElementOrder/containers': order })).toEqual({
    containers: [containers[1], containers[0]],
  })
  const added = { '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }], containers: [{ name: 'c' }] }
  expect(patchPod({ containers }, added)).toEqual({ containers: [{ name: 'c' }, containers[0], containers[1]] })
})

test('[S4] $retainKeys drops what is not named', () => {
  const volumes = [{ name: 'v', emptyDir: {} }]
  const patch = { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'x' } }] }
  expect(patchPod({ volumes }, patch)).toEqual({ volumes: [{ name: 'v', configMap: { name: 'x' } }] })
})

test('[S5] null removes, atomic lists are replaced, open maps merge', () => {
  const spec = { nodeName: 'n', nodeSelector: { a: '1', b: '2' }, tolerations: [{ key: 'x' }] }
  expect(patchPod(spec, { nodeName: null, nodeSelector: { b: null, c: '3' }, tolerations: [{ key: 'y' }] })).toEqual({
    nodeSelector: { a: '1', c: '3' },
    tolerations: [{ key: 'y' }],
  })
})

test('[S6] $deleteFromPrimitiveList removes scalars, and merged scalars are kept once', () => {
  const target = { metadata: { finalizers: ['a', 'b', 'c'] } }
  const patch = {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['c', 'a'] },
  }
  expect(fields.strategicMerge('v1', 'ConfigMap', target, patch)).toEqual({ metadata: { finalizers: ['c', 'a'] } })
  expect(fields.strategicMerge('v1', 'ConfigMap', target, { metadata: { finalizers: ['d', 'a'] } })).toEqual({
    metadata: { finalizers: ['d', 'a', 'b', 'c'] },
  })
})

test('[S7] a patch that makes no sense is refused', () => {
  expect(() => patchPod({ containers }, { containers: [{ image: 'x' }] })).toThrow(FailureError)
  expect(() => patchPod({}, { $patch: 'guess' })).toThrow('unknown patch type')
  const wrongOrder = { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'q' }] }
  expect(() => patchPod({ containers }, wrongOrder)).toThrow("doesn't match")
})

test('[S8] $patch: replace on an object leaves only the patch', () => {
  expect(
    patchPod({ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'replace', fsGroup: 2 } }),
  ).toEqual({
    securityContext: { fsGroup: 2 },
  })
})
