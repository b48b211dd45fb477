import { expect, test } from 'vitest'
import type { Draft } from '../contracts.ts'
import {
  bootstrapObjects,
  builtInDiscovery,
  builtInSchemas,
  builtInTables,
  protobufMessages,
  serverVersion,
} from './load.ts'
import { createTypeSystem } from './type-system.ts'

const types = createTypeSystem()

test('[T1] the recorded data is complete', () => {
  expect(Object.keys(builtInSchemas())).toHaveLength(624)
  expect(Object.keys(protobufMessages())).toHaveLength(1344)
  expect(Object.keys(builtInTables())).toHaveLength(65)
  expect(builtInDiscovery().groups.items).toHaveLength(21)
  expect(bootstrapObjects()['clusterroles']).toHaveLength(73)
  expect(serverVersion()['gitVersion']).toBe('v1.37.2')
})

test('[T2] unknown fields of built-in kinds are found by path', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { nam: 'x' },
    spec: { containers: [{ name: 'a', imag: 'b' }] },
  }
  expect(types.check('v1', 'Pod', pod).unknown).toEqual(['metadata.nam', 'spec.containers[0].imag'])
})

const mismatches: readonly [string, string, Draft, string][] = [
  [
    'v1',
    'ConfigMap',
    { data: { a: 1 } },
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    'apps/v1',
    'Deployment',
    { spec: { replicas: 'two' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'v1',
    'Pod',
    { spec: { containers: { name: 'a' } } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
  ],
  [
    'v1',
    'Pod',
    { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
]

test.each(mismatches)(
  '[T3] a value of the wrong type in %s %s is refused as the decoder refuses it',
  (apiVersion, kind, object, message) => {
    expect(types.check(apiVersion, kind, object).mismatches).toEqual([message])
  },
)

test('[T4] an object takes the form that the typed server writes', () => {
  const draft: Draft = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a', labels: {}, annotations: null, creationTimestamp: null },
    spec: {
      paused: false,
      replicas: 0,
      selector: {},
      template: {
        spec: {
          containers: [{ name: 'c', resources: { limits: { cpu: '1000m', memory: '1024Mi' } }, extra: 1 }],
          volumes: [],
        },
      },
    },
  }
  types.normalize('apps/v1', 'Deployment', draft)
  expect(draft).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: {
      replicas: 0,
      selector: {},
      strategy: {},
      template: {
        metadata: {},
        spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1', memory: '1Gi' } } }] },
      },
    },
    status: {},
  })
})

test('[T5] required fields appear with their zero value', () => {
  const draft: Draft = { apiVersion: 'v1', kind: 'Event', involvedObject: { name: 'x' } }
  types.normalize('v1', 'Event', draft)
  expect(draft).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {},
    involvedObject: { name: 'x' },
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  })
})

test('[T6] endpoints reset what they do not write', () => {
  const reset = (apiVersion: string, kind: string, subresource: string): string[] => [
    ...types.resetFields(apiVersion, kind, subresource).children.keys(),
  ]
  expect(reset('apps/v1', 'Deployment', '')).toEqual(['f:status'])
  expect(reset('apps/v1', 'Deployment', 'status')).toEqual(['f:spec', 'f:metadata'])
  expect(reset('v1', 'ConfigMap', '')).toEqual([])
  expect(reset('apps/v1', 'Deployment', 'scale')).toEqual([])
})

test('[T7] an OpenAPI document is closed under references and lists a custom kind', () => {
  const own = createTypeSystem()
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } }
  own.define({
    metadata: { name: 'things.x.io' },
    spec: { group: 'x.io', names: { kind: 'Thing', plural: 'things' }, versions: [{ name: 'v1', schema }] },
  })
  for (const [groupVersion, kind] of [
    ['v1', 'io.k8s.api.core.v1.Pod'],
    ['apps/v1', 'io.k8s.api.apps.v1.Deployment'],
    ['x.io/v1', 'io.x.v1.Thing'],
  ] as const) {
    const text = JSON.stringify(own.openApiV3(groupVersion))
    const document = JSON.parse(text) as { components: { schemas: Record<string, unknown> } }
    expect(document.components.schemas).toHaveProperty([kind])
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty([name ?? ''])
    }
  }
  own.forget('x.io', 'Thing')
  expect(own.openApiV3('x.io/v1')).toBeUndefined()
  expect(own.openApiV3('none/v1')).toBeUndefined()
})
