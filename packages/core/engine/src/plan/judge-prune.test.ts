import { array, assert, boolean, constantFrom, property, record } from 'fast-check'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { PruneVerdict } from '../model/change.ts'
import type { Delivery } from '../model/delivery.ts'
import type { InventoryEntry } from '../model/inventory.ts'
import { configMap, deliveryOf, ownerLabel } from '../testing/model-delivery.ts'
import type { Candidate, Found } from './candidate.ts'
import { judgePrune } from './judge-prune.ts'

function entry(name: string, changes: Partial<InventoryEntry> = {}): InventoryEntry {
  return { group: '', kind: 'ConfigMap', version: 'v1', namespace: 'shop', name, uid: `uid-${name}`, ...changes }
}

function live(name: string, changes: Record<string, unknown> = {}): Found {
  const metadata: KubeObject['metadata'] = {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    labels: { [ownerLabel]: 'shop' },
    managedFields: [
      { manager: 'kedge-test', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
    ],
    ...changes,
  }
  return { kind: 'live', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } }
}

function candidate(name: string, changes: Partial<Candidate> = {}): Candidate {
  return { entry: entry(name), found: live(name), claimedBy: undefined, ...changes }
}

/** A delivery that still has something, so that only the case at hand can hold a deletion back. */
function pruning(changes: Partial<Delivery> = {}): Delivery {
  return deliveryOf([configMap('stays')], { inventory: [entry('stays'), entry('old')], ...changes })
}

function verdictOf(one: Candidate, delivery: Delivery = pruning()): PruneVerdict {
  const [item] = judgePrune([one], delivery).items
  if (item === undefined) throw new Error('no verdict')
  return item.verdict
}

function named(verdict: PruneVerdict): string {
  return 'reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind
}

test('[P1] what is in the inventory, carries our mark and has the recorded UID is deleted by that UID', () => {
  expect(verdictOf(candidate('old'))).toEqual({ kind: 'delete', uid: 'uid-old' })
})

const single: readonly (readonly [string, Candidate, Partial<Delivery>, string])[] = [
  ['[P2] pruning is switched off', candidate('old'), { prune: false }, 'release PruneDisabled'],
  [
    '[P3] the result is known to be incomplete',
    candidate('old'),
    { desired: { kind: 'partial', objects: [], reason: 'a generator failed' } },
    'keep PartialResult',
  ],
  ['[P4] it is gone', candidate('old', { found: { kind: 'absent' } }), {}, 'gone'],
  [
    '[P5] it cannot be read',
    candidate('old', { found: { kind: 'unreadable', message: 'timeout' } }),
    {},
    'keep Unreadable',
  ],
  ['[P6] it carries no mark', candidate('old', { found: live('old', { labels: {} }) }), {}, 'release Foreign'],
  [
    '[P6] it carries another mark',
    candidate('old', { found: live('old', { labels: { [ownerLabel]: 'blog' } }) }),
    {},
    'release HandedOver',
  ],
  [
    '[P7] our mark was copied to an object that somebody else made',
    candidate('old', { found: live('old', { uid: 'other', managedFields: [] }) }),
    {},
    'release Foreign',
  ],
  [
    '[P7] the inventory has no UID and we did not apply it',
    candidate('old', { entry: entry('old', { uid: '' }), found: live('old', { managedFields: [] }) }),
    {},
    'release Foreign',
  ],
  [
    '[P7] the inventory has no UID, but we applied it',
    candidate('old', { entry: entry('old', { uid: '' }) }),
    {},
    'delete',
  ],
  [
    '[P7] it was made anew by us before the record was stored',
    candidate('old', { found: live('old', { uid: 'newer' }) }),
    {},
    'delete',
  ],
  ['[P8] the user opted out on the object', candidate('old'), { keeps: () => 'prune: disabled' }, 'release OptedOut'],
  [
    '[P9] another delivery has it in its source now',
    candidate('old', { claimedBy: 'blog' }),
    {},
    'keep ClaimedElsewhere',
  ],
  [
    '[P10] the engine lives on it',
    candidate('old'),
    { protect: [{ group: '', kind: 'ConfigMap', namespace: 'shop', name: 'old' }] },
    'keep SelfProtection',
  ],
  [
    '[P10] the engine lives on all of its kind',
    candidate('old'),
    { protect: [{ group: '', kind: 'ConfigMap', namespace: '*', name: '*' }] },
    'keep SelfProtection',
  ],
  [
    '[P10] the engine lives on another one',
    candidate('old'),
    { protect: [{ group: '', kind: 'ConfigMap', namespace: 'shop', name: 'older' }] },
    'delete',
  ],
  [
    '[P10] the engine lives on another kind of that name',
    candidate('old'),
    { protect: [{ group: 'x.io', kind: 'ConfigMap', namespace: 'shop', name: 'old' }] },
    'delete',
  ],
  [
    '[P11] it is being deleted',
    candidate('old', { found: live('old', { deletionTimestamp: 'x', finalizers: ['hold'] }) }),
    {},
    'terminating',
  ],
  [
    '[P12] the server names no UID',
    candidate('old', { found: live('old', { uid: '' }), entry: entry('old', { uid: '' }) }),
    {},
    'keep Unreadable',
  ],
  [
    '[G1] the source has become empty',
    candidate('old'),
    { desired: { kind: 'complete', objects: [] } },
    'hold EmptyResult',
  ],
  [
    '[G1] the source has become empty, and may',
    candidate('old'),
    { desired: { kind: 'complete', objects: [] }, guards: { allowEmpty: true, limit: 'default' } },
    'delete',
  ],
]

test.each(single)('%s', (_name, one, changes, expected) => {
  expect(named(verdictOf(one, pruning(changes)))).toBe(expected)
})

test.each([
  ['', 'Namespace'],
  ['', 'PersistentVolumeClaim'],
  ['', 'PersistentVolume'],
  ['apiextensions.k8s.io', 'CustomResourceDefinition'],
])('[G2] a deletion of %s/%s is held, unless the limit is off', (group, kind) => {
  const one = candidate('old', { entry: entry('old', { group, kind }) })
  expect(named(verdictOf(one))).toBe('hold HoldsOthers')
  expect(named(verdictOf(one, pruning({ guards: { allowEmpty: false, limit: 'off' } })))).toBe('delete')
})

test('[G2] a kind of the same name in another group is not held', () => {
  expect(named(verdictOf(candidate('old', { entry: entry('old', { group: 'x.io', kind: 'Namespace' }) })))).toBe(
    'delete',
  )
})

function plan(stale: number, kept: number, guards: Partial<Delivery['guards']> = {}): readonly string[] {
  const names = Array.from({ length: stale }, (_, index) => `old-${index}`)
  const keeps = Array.from({ length: kept }, (_, index) => entry(`kept-${index}`))
  const inventory = [...keeps, ...names.map((name) => entry(name))]
  const delivery = pruning({ inventory, guards: { allowEmpty: false, limit: 'default', ...guards } })
  return [
    ...new Set(
      judgePrune(
        names.map((name) => candidate(name)),
        delivery,
      ).items.map((item) => named(item.verdict)),
    ),
  ]
}

test.each([
  [10, 0, 'delete'],
  [11, 0, 'hold TooManyDeletes'],
  [11, 25, 'hold TooManyDeletes'],
  [11, 26, 'delete'],
  [30, 70, 'delete'],
  [31, 69, 'hold TooManyDeletes'],
])('[G3] of %i deletions beside %i kept objects: %s', (stale, kept, expected) => {
  expect(plan(stale, kept)).toEqual([expected])
  expect(plan(stale, kept, { limit: 'off' })).toEqual(['delete'])
})

test('[G3] what is not deleted does not count', () => {
  const candidates = Array.from({ length: 30 }, (_, index) => {
    const name = `old-${index}`
    return index < 10 ? candidate(name) : candidate(name, { found: { kind: 'absent' } })
  })
  const delivery = pruning({ inventory: candidates.map((one) => one.entry) })
  const verdicts = judgePrune(candidates, delivery).items.map((item) => item.verdict.kind)
  expect(verdicts.filter((kind) => kind === 'delete')).toHaveLength(10)
})

test('[G4] the digest of the plan lets exactly that plan pass, until its last deletion is done', () => {
  const names = Array.from({ length: 12 }, (_, index) => `old-${index}`)
  const candidates = names.map((name) => candidate(name))
  const inventory = candidates.map((one) => one.entry)
  const held = judgePrune(candidates, pruning({ inventory }))
  expect(named(held.items[0]?.verdict ?? { kind: 'gone' })).toBe('hold TooManyDeletes')
  const guards = { allowEmpty: false, limit: 'default' as const, confirmed: held.digest }
  expect(
    judgePrune(candidates, pruning({ inventory, guards })).items.every((item) => item.verdict.kind === 'delete'),
  ).toBe(true)
  const half = candidates.map((one, index) => (index < 6 ? { ...one, found: { kind: 'absent' as const } } : one))
  const rest = judgePrune(half, pruning({ inventory, guards }))
  expect(rest.digest).toBe(held.digest)
  expect(rest.items.filter((item) => item.verdict.kind === 'delete')).toHaveLength(6)
  const more = judgePrune([...candidates, candidate('extra')], pruning({ inventory, guards }))
  expect(more.items.every((item) => item.verdict.kind === 'hold')).toBe(true)
})

test.each([
  ['the first twelve digits', (digest: string) => digest.slice(7, 19), 'delete'],
  ['the prefix and twelve digits', (digest: string) => digest.slice(0, 19), 'delete'],
  ['eleven digits', (digest: string) => digest.slice(7, 18), 'hold'],
  ['nothing', () => '', 'hold'],
  ['only the prefix', () => 'sha256:', 'hold'],
])('[G4] %s: %s', (_name, shorten, expected) => {
  const one = candidate('old', { entry: entry('old', { kind: 'Namespace' }) })
  const { digest } = judgePrune([one], pruning())
  const guards = { allowEmpty: false, limit: 'default' as const, confirmed: shorten(digest) }
  expect(verdictOf(one, pruning({ guards })).kind).toBe(expected)
})

test('[P13] deletion runs against the order of applying, and a confirmation does not lift self-protection', () => {
  const kinds = ['Namespace', 'ConfigMap', 'Deployment', 'ClusterRole', 'ValidatingWebhookConfiguration']
  const candidates = kinds.map((kind) => candidate(kind, { entry: entry(kind, { kind }) }))
  const protect = [{ group: '', kind: 'Namespace', namespace: '*', name: '*' }]
  const { digest } = judgePrune(candidates, pruning({ protect }))
  const guards = { allowEmpty: false, limit: 'default' as const, confirmed: digest }
  const { items } = judgePrune(candidates, pruning({ protect, guards }))
  expect(items.map((item) => `${item.entry.kind} ${item.verdict.kind}`)).toEqual([
    'ValidatingWebhookConfiguration delete',
    'Deployment delete',
    'ConfigMap delete',
    'ClusterRole delete',
    'Namespace keep',
  ])
})

function candidateOf(one: AnyFound, index: number): Candidate {
  const name = `o${index}`
  const metadata = {
    uid: one.sameUid ? `uid-${name}` : 'other',
    labels: one.marked ? { [ownerLabel]: 'shop' } : {},
    ...(one.applied ? {} : { managedFields: [] }),
    ...(one.optedOut ? { annotations: { keep: 'yes' } } : {}),
  }
  const places: Readonly<Record<string, Found>> = {
    live: live(name, metadata),
    absent: { kind: 'absent' },
    unreadable: { kind: 'unreadable', message: '' },
  }
  const found = places[one.where] ?? { kind: 'absent' }
  const uid = one.recordedUid ? `uid-${name}` : ''
  return { entry: entry(name, { kind: one.kind, uid }), found, claimedBy: one.claimed ? 'blog' : undefined }
}

interface AnyFound {
  readonly marked: boolean
  readonly applied: boolean
  readonly sameUid: boolean
  readonly recordedUid: boolean
  readonly where: string
  readonly kind: string
  readonly claimed: boolean
  readonly optedOut: boolean
}

/** Why an object of which these facts hold must not be deleted; empty when it may be. */
function objections(facts: AnyFound | undefined): readonly string[] {
  if (facts === undefined) return ['it was not a candidate']
  const all = {
    'it is not there': facts.where !== 'live',
    'it has no mark': !facts.marked,
    'it is claimed': facts.claimed,
    'it is opted out': facts.optedOut,
    'it is not the recorded one and not applied by us': !facts.applied && !(facts.recordedUid && facts.sameUid),
  }
  return Object.entries(all).flatMap(([text, holds]) => (holds ? [text] : []))
}

const anyFound = record({
  marked: boolean(),
  applied: boolean(),
  sameUid: boolean(),
  recordedUid: boolean(),
  where: constantFrom('live', 'live', 'live', 'absent', 'unreadable'),
  kind: constantFrom('ConfigMap', 'ConfigMap', 'Namespace', 'PersistentVolumeClaim'),
  claimed: boolean(),
  optedOut: boolean(),
})

test('[R9] in any world only what is ours by inventory, mark and UID or manager is deleted, and never beyond the guards', () => {
  assert(
    property(
      array(anyFound, { maxLength: 40 }),
      record({
        prune: boolean(),
        partial: boolean(),
        empty: boolean(),
        allowEmpty: boolean(),
        off: boolean(),
        kept: constantFrom(0, 5, 100),
      }),
      (found, world) => {
        const candidates = found.map(candidateOf)
        const objects = world.empty ? [] : deliveryOf([configMap('stays')]).desired.objects
        const inventory = [
          ...candidates.map((one) => one.entry),
          ...Array.from({ length: world.kept }, (_, index) => entry(`kept-${index}`)),
        ]
        const delivery = pruning({
          prune: world.prune,
          inventory,
          desired: world.partial ? { kind: 'partial', objects, reason: 'x' } : { kind: 'complete', objects },
          guards: { allowEmpty: world.allowEmpty, limit: world.off ? 'off' : 'default' },
          keeps: (object) => object.metadata.annotations?.['keep'],
        })
        const { items } = judgePrune(candidates, delivery)
        expect(items).toHaveLength(candidates.length)
        const deletes = items.filter((item) => item.verdict.kind === 'delete')
        for (const item of deletes) {
          const facts = found[Number(item.entry.name.slice(1))]
          expect(objections(facts)).toEqual([])
          expect(item.verdict).toMatchObject({
            uid: facts?.sameUid ? item.entry.uid || `uid-${item.entry.name}` : 'other',
          })
          if (!world.off) expect(item.entry.kind).toBe('ConfigMap')
        }
        if (deletes.length > 0) {
          expect(world.prune && !world.partial && (!world.empty || world.allowEmpty)).toBe(true)
          if (!world.off) expect(deletes.length).toBeLessThanOrEqual(Math.max(10, inventory.length * 0.3))
        }
      },
    ),
    { numRuns: 2000 },
  )
})
