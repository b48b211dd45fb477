import { expect, test } from 'vitest'

import { helmRelease, revision, snapshotOf, specOf } from '../testing/helm-releases.ts'
import { releaseHolder, releaseId } from './release-holder.ts'

const brought = { storageNamespace: 'apps', history: [snapshotOf(revision(1))] }

function claimant(name: string, year: number, more: { spec?: object; status?: object; metadata?: object } = {}) {
  const spec = { releaseName: 'web', ...more.spec }
  const metadata = { name, creationTimestamp: `${year}-01-01T00:00:00Z`, ...more.metadata }
  return helmRelease(spec, { metadata, ...(more.status === undefined ? {} : { status: more.status }) })
}

test.each([
  ['the oldest', [claimant('b', 2026), claimant('a', 2027)], 'b'],
  ['the first by name of those that are as old', [claimant('b', 2026), claimant('a', 2026)], 'a'],
  [
    'the one that brought this very release',
    [
      claimant('b', 2026, { status: { ...brought, history: [{ ...snapshotOf(revision(1)), name: 'elsewhere' }] } }),
      claimant('a', 2027, { status: brought }),
    ],
    'a',
  ],
  ['the one that brought it', [claimant('b', 2026), claimant('a', 2027, { status: brought })], 'a'],
  [
    'none that is suspended',
    [claimant('b', 2026, { spec: { suspend: true }, status: brought }), claimant('a', 2027)],
    'a',
  ],
  [
    'none that goes and never brought it',
    [claimant('b', 2026, { metadata: { deletionTimestamp: '2027-01-01T00:00:00Z' } }), claimant('a', 2027)],
    'a',
  ],
  [
    'one that goes and has to take it away',
    [
      claimant('b', 2026, { status: brought, metadata: { deletionTimestamp: '2027-01-01T00:00:00Z' } }),
      claimant('a', 2027),
    ],
    'b',
  ],
] as const)('[HD36] of several that want one release, %s has it', (_, claimants, holder) => {
  expect(releaseHolder(claimants)?.metadata.name).toBe(holder)
  expect(releaseHolder(claimants.toReversed())?.metadata.name).toBe(holder)
})

test('[HD36] records, name and kubeconfig make the release', () => {
  const idOf = (spec: object): string => releaseId(helmRelease(spec), specOf(spec))
  const own = idOf({})
  expect(idOf({ releaseName: 'web', targetNamespace: 'elsewhere', storageNamespace: 'apps' })).toBe(own)
  const others = [
    { releaseName: 'other' },
    { storageNamespace: 'other' },
    { kubeConfig: { secretRef: { name: 'a' } } },
    { kubeConfig: { secretRef: { name: 'a', key: 'b' } } },
  ]
  expect(new Set([own, ...others.map(idOf)]).size).toBe(5)
})
