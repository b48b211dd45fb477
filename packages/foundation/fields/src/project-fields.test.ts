import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFieldsV1, projectFields, type FieldSet } from './index.ts'

function setOf(value: unknown): FieldSet {
  const parsed = parseFieldsV1(value)
  if (!parsed.ok) throw new Error(parsed.failure.message)
  return parsed.value
}

const owned = setOf({
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
    'f:finalizers': { 'v:"a"': {} },
  },
})

const live = {
  metadata: { labels: { app: 'web', other: 'x' }, resourceVersion: '5' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { b: '1', a: '2' } },
    ports: [
      { name: 'dns', port: 80, protocol: 'UDP' },
      { name: 'http', port: 80, protocol: 'TCP', nodePort: 31_000 },
    ],
    finalizers: ['b', 'a'],
  },
}

test('[P1] only what the set owns is in the projection, list items by key', () => {
  expect(projectFields(live, owned)).toEqual({
    'f:metadata': { 'f:labels': { 'f:app': 'web' } },
    'f:spec': {
      'f:finalizers': { 'v:"a"': 'a' },
      'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:name': 'http', 'f:port': 80 } },
      'f:replicas': 3,
      'f:selector': { matchLabels: { a: '2', b: '1' } },
    },
  })
})

test('[P2] changes by others leave the serialised projection alone', () => {
  const before = JSON.stringify(projectFields(live, owned))
  const others = structuredClone(live)
  others.metadata.labels.other = 'y'
  others.metadata.resourceVersion = '6'
  others.spec.ports.reverse()
  others.spec.finalizers = ['a']
  others.spec.selector = { matchLabels: { a: '2', b: '1' } }
  expect(JSON.stringify(projectFields(others, owned))).toBe(before)
})

test('[P3] a changed, removed or replaced owned field shows', () => {
  const before = JSON.stringify(projectFields(live, owned))
  const changes: ((object: typeof live) => void)[] = [
    (object) => void (object.spec.replicas = 4),
    (object) => void Reflect.deleteProperty(object.metadata.labels, 'app'),
    (object) => void (object.spec.finalizers = ['b']),
    (object) => void object.spec.ports.pop(),
    (object) => void (object.spec.selector = { matchLabels: { a: '2', b: '3' } }),
  ]
  for (const change of changes) {
    const next = structuredClone(live)
    change(next)
    expect(JSON.stringify(projectFields(next, owned))).not.toBe(before)
  }
})

test('[P4] an item that leaves out a defaulted key is found', () => {
  const without = { spec: { ports: [{ name: 'http', port: 80 }] } }
  expect(
    projectFields(without, setOf({ 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:name': {} } } } })),
  ).toEqual({
    'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:name': 'http' } } },
  })
})

test('[P5] a projection never fails, whatever the object', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (object) => {
      expect(JSON.stringify(projectFields(object, owned))).toBe(
        JSON.stringify(projectFields(structuredClone(object), owned)),
      )
    }),
  )
})
