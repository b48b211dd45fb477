import { expect, test } from 'vitest'
import type { ApplyResult, Draft } from '../contracts.ts'
import { createTypeSystem } from '../schema/type-system.ts'
import { createFieldManager } from './field-manager.ts'

const types = createTypeSystem()
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            required: ['port'],
            properties: {
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
              name: { type: 'string' },
            },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
}
types.define({
  metadata: { name: 'things.x.io' },
  spec: {
    group: 'x.io',
    names: { kind: 'Thing', plural: 'things' },
    versions: [{ name: 'v1', subresources: { status: {} }, schema: { openAPIV3Schema: schema } }],
  },
})
const fields = createFieldManager(types)
const kind = { apiVersion: 'x.io/v1', kind: 'Thing' }

interface Applying {
  readonly live?: Draft
  readonly manager?: string
  readonly force?: boolean
  readonly subresource?: string
  readonly now?: string
}

function apply(content: Draft, options: Applying = {}): ApplyResult {
  const { live, manager = 'm1', force = false, subresource = '', now = '2026-11-24T10:00:00Z' } = options
  const applied = { ...kind, metadata: { name: 'a' }, ...content }
  return fields.apply({ ...kind, live, applied, manager, force, subresource, now })
}

function merged(result: ApplyResult): Draft {
  if (result.kind !== 'merged') throw new Error(result.message)
  const metadata = { uid: 'u', ...(result.object['metadata'] as Draft) }
  return { ...result.object, metadata }
}

function entries(object: Draft): Draft[] {
  return ((object['metadata'] as Draft)['managedFields'] ?? []) as Draft[]
}

function update(
  live: Draft | undefined,
  next: Draft,
  manager: string,
  subresource = '',
  now = '2026-11-24T11:00:00Z',
): Draft {
  const draft = structuredClone(next)
  fields.recordUpdate({ ...kind, live, next: draft, manager, subresource, now })
  return draft
}

test('[A1] an applier owns what it applies, list items by key, and never what says which object it is', () => {
  const object = merged(apply({ spec: { size: 1, set: ['a'], ports: [{ port: 80 }], free: { x: { y: 1 } } } }))
  expect(entries(object)).toEqual([
    {
      manager: 'm1',
      operation: 'Apply',
      apiVersion: 'x.io/v1',
      time: '2026-11-24T10:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:spec': {
          'f:free': { 'f:x': { '.': {}, 'f:y': {} } },
          'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
          'f:set': { 'v:"a"': {} },
          'f:size': {},
        },
      },
    },
  ])
})

test('[A2] other values of owned fields conflict, in the words of the real server', () => {
  const live = merged(apply({ spec: { size: 1, ports: [{ port: 80, name: 'a' }] } }))
  const one = apply({ spec: { size: 2 } }, { live, manager: 'm2' })
  expect(one).toMatchObject({
    kind: 'conflicts',
    message: 'Apply failed with 1 conflict: conflict with "m1": .spec.size',
  })
  const two = apply({ spec: { size: 2, ports: [{ port: 80, name: 'b' }] } }, { live, manager: 'm2' })
  expect(two).toMatchObject({
    message:
      'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.size\n- .spec.ports[port=80,protocol="TCP"].name',
  })
  const byUpdate = update(live, { ...live, spec: { size: 5 } }, 'ctl')
  expect(apply({ spec: { size: 2 } }, { live: byUpdate, manager: 'm2' })).toMatchObject({
    message: 'Apply failed with 1 conflict: conflict with "ctl" using x.io/v1: .spec.size',
  })
})

test('[A3] equal values are shared, and a co-owner that changed nothing has no time', () => {
  const live = merged(apply({ spec: { size: 1 } }))
  const shared = merged(apply({ spec: { size: 1 } }, { live, manager: 'm2', now: '2026-11-24T12:00:00Z' }))
  expect(entries(shared).map(({ manager, time }) => [manager, time])).toEqual([
    ['m2', undefined],
    ['m1', '2026-11-24T10:00:00Z'],
  ])
})

test('[A4] force takes fields over', () => {
  const live = merged(apply({ spec: { size: 1, set: ['a'] } }))
  const forced = merged(apply({ spec: { size: 2 } }, { live, manager: 'm2', force: true }))
  expect(forced['spec']).toEqual({ size: 2, set: ['a'] })
  expect(entries(forced).map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
    ['m1', { 'f:spec': { 'f:set': { 'v:"a"': {} } } }],
    ['m2', { 'f:spec': { 'f:size': {} } }],
  ])
})

test('[A5] what an applier leaves out goes, unless somebody else owns it', () => {
  const first = merged(apply({ spec: { size: 1, set: ['a', 'b'], ports: [{ port: 80, name: 'x' }] } }))
  const shared = merged(apply({ spec: { set: ['b'] } }, { live: first, manager: 'm2' }))
  const next = merged(apply({ spec: { set: ['a'] } }, { live: shared }))
  expect(next['spec']).toEqual({ set: ['a', 'b'] })
})

test('[A6] a no-op leaves object, times and managers as they are', () => {
  const live = merged(apply({ spec: { size: 1 } }))
  const again = merged(apply({ spec: { size: 1 } }, { live, now: '2026-11-24T12:00:00Z' }))
  expect(again).toEqual(live)
})

test('[A7] an undeclared field, managedFields and another version are refused', () => {
  expect(apply({ spec: { bogus: 1 } })).toEqual({
    kind: 'refused',
    code: 500,
    reason: '',
    message: 'failed to create typed patch object (/a; x.io/v1, Kind=Thing): .spec.bogus: field not declared in schema',
  })
  expect(apply({ metadata: { name: 'a', managedFields: [] } })).toMatchObject({
    code: 400,
    message: 'metadata.managedFields must be nil',
  })
  expect(apply({ apiVersion: 'x.io/v2' })).toMatchObject({ code: 400 })
  expect(apply({ spec: { set: ['a', 'a'] } })).toMatchObject({
    message: expect.stringContaining('duplicate entries for key [="a"]') as unknown,
  })
  expect(apply({ spec: { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] } })).toMatchObject({
    message: expect.stringContaining('duplicate entries for key [port=80,protocol="TCP"]') as unknown,
  })
})

test('[A8] an update owns what it changes, and takes it from appliers', () => {
  const live = merged(apply({ spec: { size: 1, set: ['a'] } }))
  const next = update(live, { ...live, spec: { size: 2, set: ['a'] } }, 'ctl')
  expect(entries(next).map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1])).toEqual([
    ['m1', 'Apply', { 'f:spec': { 'f:set': { 'v:"a"': {} } } }],
    ['ctl', 'Update', { 'f:spec': { 'f:size': {} } }],
  ])
})

test('[A9] the status endpoint keeps its own entry and cannot own the rest', () => {
  const live = merged(apply({ spec: { size: 1 } }))
  const next = update(live, { ...live, spec: { size: 9 }, status: { phase: 'Ready' } }, 'ctl', 'status')
  expect(entries(next).at(-1)).toMatchObject({
    manager: 'ctl',
    subresource: 'status',
    fieldsV1: { 'f:status': { '.': {}, 'f:phase': {} } },
  })
  const viaMain = update(undefined, { ...kind, spec: { size: 1 }, status: { phase: 'x' } }, 'user')
  expect(entries(viaMain)[0]?.['fieldsV1']).toEqual({ 'f:spec': { '.': {}, 'f:size': {} } })
})

test('[A10] more than ten updaters leave their oldest entries in one', () => {
  let object = merged(apply({ spec: {} }))
  for (let at = 0; at < 13; at += 1) {
    const free = { ...((object['spec'] as Draft | undefined)?.['free'] as Draft | undefined), [`k${at}`]: 1 }
    object = update(
      object,
      { ...object, spec: { free } },
      `ctl${at}`,
      '',
      `2026-11-24T11:00:${String(at).padStart(2, '0')}Z`,
    )
  }
  const updaters = entries(object).filter(({ operation }) => operation === 'Update')
  expect(updaters).toHaveLength(10)
  expect(updaters[0]).toMatchObject({
    manager: 'ancient-changes',
    time: '2026-11-24T11:00:03Z',
    fieldsV1: { 'f:spec': { 'f:free': { 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {} } } },
  })
})

test('[A11] managedFields may be written, and reset by an empty entry', () => {
  const live = merged(apply({ spec: { size: 1 } }))
  const reset = update(live, { ...live, metadata: { name: 'a', uid: 'u', managedFields: [{}] } }, 'user')
  expect(entries(reset)).toEqual([])
  const written = [
    {
      manager: 'other',
      operation: 'Apply',
      apiVersion: 'x.io/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:size': {} } },
    },
  ]
  expect(entries(update(live, { ...live, metadata: { name: 'a', uid: 'u', managedFields: written } }, 'user'))).toEqual(
    written,
  )
  const unreadable = update(
    live,
    { ...live, metadata: { name: 'a', uid: 'u', managedFields: [{ manager: 'x' }] } },
    'user',
  )
  expect(entries(unreadable)).toEqual(entries(live))
})

test('[A12] an object that nobody tracked gets an owner before the first apply', () => {
  const live: Draft = { ...kind, metadata: { name: 'a', uid: 'u' }, spec: { size: 1 } }
  const conflict = apply({ spec: { size: 2 } }, { live })
  expect(conflict).toMatchObject({
    message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using x.io/v1: .spec.size',
  })
})

test('[A13] kubectl takes over from its own client-side apply without conflict, and keeps its record up to date', () => {
  const key = 'kubectl.kubernetes.io/last-applied-configuration'
  const record = (size: number): string => `${JSON.stringify({ ...kind, metadata: { name: 'a' }, spec: { size } })}\n`
  const created = update(
    undefined,
    { ...kind, metadata: { name: 'a', annotations: { [key]: record(1) } }, spec: { size: 1 } },
    'kubectl-client-side-apply',
  )
  const live = { ...created, metadata: { ...(created['metadata'] as Draft), uid: 'u' } }
  expect(apply({ spec: { size: 2 } }, { live }).kind).toBe('conflicts')
  const taken = merged(apply({ spec: { size: 2 } }, { live, manager: 'kubectl' }))
  expect(taken['spec']).toEqual({ size: 2 })
  expect(((taken['metadata'] as Draft)['annotations'] as Draft)[key]).toBe(
    '{"apiVersion":"x.io/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"size":2}}\n',
  )
})

test('[A14] a type that became atomic is owned whole by who owned a part', () => {
  const granular = createTypeSystem()
  const atomic = createTypeSystem()
  const define = (into: typeof granular, more: object): void => {
    const map = { type: 'object', additionalProperties: { type: 'string' }, ...more }
    const version = { name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { map } } } }
    into.define({
      metadata: { name: 'things.x.io' },
      spec: { group: 'x.io', names: { kind: 'Thing' }, versions: [version] },
    })
  }
  define(granular, {})
  define(atomic, { 'x-kubernetes-map-type': 'atomic' })
  const request = { ...kind, manager: 'm1', force: false, subresource: '', now: '2026-11-24T10:00:00Z' }
  const applied = { ...kind, metadata: { name: 'a' }, map: { a: '1' } }
  const live = merged(createFieldManager(granular).apply({ ...request, live: undefined, applied }))
  expect(entries(live)[0]?.['fieldsV1']).toEqual({ 'f:map': { 'f:a': {} } })
  const other = createFieldManager(atomic).apply({
    ...request,
    manager: 'm2',
    live,
    applied: { ...applied, map: { b: '2' } },
  })
  expect(other).toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "m1": .map' })
})
