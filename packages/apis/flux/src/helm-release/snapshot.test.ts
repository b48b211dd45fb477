import { expect, test } from 'vitest'

import { isObserved } from './release-state.ts'
import {
  hasBeenTested,
  previousGood,
  releaseDigest,
  testHooksOf,
  toSnapshot,
  truncateHistory,
  type Snapshot,
} from './snapshot.ts'
import { factsFor, revision, snapshotOf, testHook } from '../testing/helm-releases.ts'

const empty = {
  ...revision(0),
  name: 'foo',
  namespace: '',
  info: {
    firstDeployed: '',
    lastDeployed: '',
    deleted: '',
    description: '',
    status: '' as 'unknown',
    rollbackRevision: 0,
    notes: '',
  },
  chart: undefined,
  manifest: '',
}

test('[HN2] a release is digested as Flux does', () => {
  expect(releaseDigest(empty, '')).toBe('sha256:f1498f27a16a09cd7e1ee610d924df065c03d30035638babc95dd9a8d412ce4d')
})

test('[HN1] a snapshot tells what was stored, times in whole seconds', () => {
  const release = revision(2, { config: { a: 1 }, chartVersion: '1.2.3' })
  expect(toSnapshot(release, { action: 'upgrade', ociDigest: 'sha256:abc' })).toMatchObject({
    apiVersion: 'v2',
    name: 'web',
    namespace: 'apps',
    version: 2,
    status: 'deployed',
    action: 'upgrade',
    chartName: 'web',
    chartVersion: '1.2.3',
    appVersion: '9',
    firstDeployed: '2026-01-01T00:00:00Z',
    lastDeployed: '2026-01-02T00:00:00Z',
    ociDigest: 'sha256:abc',
  })
})

test('[HN2] tests that were run by hand change no digest, anything else does', () => {
  const release = revision(1, { hooks: [testHook('one', 'Succeeded')] })
  expect(releaseDigest(revision(1, { hooks: [testHook('one', 'Failed')] }), '')).toBe(releaseDigest(release, ''))
  expect(releaseDigest(revision(1, { config: { a: 1 } }), '')).not.toBe(releaseDigest(release, ''))
  expect(releaseDigest(release, 'sha256:abc')).not.toBe(releaseDigest(release, ''))
})

test('[HN3] a snapshot of another way of digesting is not verified', () => {
  const [facts] = factsFor(revision(1)).revisions
  if (facts === undefined) throw new Error('no facts')
  const snapshot = snapshotOf(revision(1))
  expect(isObserved(snapshot, facts)).toBe(true)
  expect(isObserved({ ...snapshot, digest: 'sha256:other' }, facts)).toBe(false)
  const { apiVersion: _version, ...old } = snapshot
  expect(isObserved({ ...old, digest: 'sha256:other' }, facts)).toBe(true)
})

test('[HN4] tests have run when none is selected, when one failed, or when all succeeded', () => {
  const tested = (...phases: readonly string[]): Snapshot =>
    snapshotOf(revision(1), {
      testHooks: Object.fromEntries(phases.map((phase, index) => [`t${String(index)}`, phase === '' ? {} : { phase }])),
    })
  expect(hasBeenTested(snapshotOf(revision(1)))).toBe(false)
  expect(hasBeenTested(tested())).toBe(true)
  expect(hasBeenTested(tested('Succeeded', 'Succeeded'))).toBe(true)
  expect(hasBeenTested(tested('Failed', ''))).toBe(true)
  expect(hasBeenTested(tested('Succeeded', ''))).toBe(false)
})

test('[HN4] filters select tests by name', () => {
  const release = revision(1, { hooks: [testHook('a', 'Succeeded'), testHook('b', 'Failed')] })
  const names = (filters: readonly { name: string; exclude: boolean }[]): readonly string[] =>
    Object.keys(testHooksOf(release, filters))
  expect(names([])).toEqual(['a', 'b'])
  expect(names([{ name: 'a', exclude: true }])).toEqual(['b'])
  expect(names([{ name: 'a', exclude: false }])).toEqual(['a'])
})

const failedTest = { testHooks: { t: { phase: 'Failed' } } }

test('[HN5] what is rolled back to is the newest good revision before the last', () => {
  const history = [
    snapshotOf(revision(4, { status: 'failed' })),
    snapshotOf(revision(3, { status: 'superseded' }), failedTest),
    snapshotOf(revision(2, { status: 'superseded' })),
    snapshotOf(revision(1, { status: 'superseded' })),
  ]
  expect(previousGood(history, false)?.version).toBe(2)
  expect(previousGood(history, true)?.version).toBe(3)
  expect(previousGood(history.slice(0, 1), true)).toBeUndefined()
})

test('[HN6] the history goes back to the last good revision, else five entries', () => {
  const versions = (history: readonly Snapshot[]): readonly number[] => history.map(({ version }) => version)
  const good = [3, 2, 1].map((version) =>
    snapshotOf(revision(version, { status: version === 3 ? 'deployed' : 'superseded' })),
  )
  expect(versions(truncateHistory(good, false))).toEqual([3, 2])
  const bad = [7, 6, 5, 4, 3, 2, 1].map((version) => snapshotOf(revision(version, { status: 'failed' })))
  expect(versions(truncateHistory(bad, false))).toEqual([7, 6, 5, 4, 3])
})
