import { expect, test } from 'vitest'

import { decideAction, type Decision } from './next-action.ts'
import { releaseState, type ReleaseState } from './release-state.ts'
import { type StoredRelease } from '@kedge/helm'
import { factsFor, revision, snapshotOf, specOf, statusOf } from '../testing/helm-releases.ts'
import { digestValues } from './values-digest.ts'

interface Case {
  readonly spec?: object
  readonly status?: object
  readonly storage?: readonly StoredRelease[]
  readonly chartVersion?: string
  readonly values?: Record<string, unknown>
  readonly force?: boolean
  readonly isNewGeneration?: boolean
}

function stateOf(given: Case): ReleaseState {
  return releaseState({
    spec: specOf(given.spec),
    status: statusOf(given.status),
    isNewGeneration: given.isNewGeneration ?? false,
    storage: factsFor(...(given.storage ?? [])),
    chart: { name: 'web', version: given.chartVersion ?? '1.0.0' },
    configDigest: digestValues(given.values),
  })
}

function decide(given: Case): string {
  const decision = decideAction({
    spec: specOf(given.spec),
    status: statusOf(given.status),
    state: stateOf(given),
    storage: factsFor(...(given.storage ?? [])),
    force: given.force ?? false,
  })
  return describe(decision)
}

function describe(decision: Decision): string {
  switch (decision.kind) {
    case 'act':
      return decision.action.kind === 'rollback' ? `rollback to ${decision.action.to.version}` : decision.action.kind
    case 'stalled':
      return decision.reason
    case 'in-sync':
      return 'in-sync'
    case 'error':
      return decision.message
  }
}

const deployed = revision(1)
const known = { history: [snapshotOf(deployed)] }

test('[HD1] without a release, or after an uninstall, it is installed', () => {
  expect(stateOf({}).kind).toBe('absent')
  expect(decide({})).toBe('install')
  expect(decide({ storage: [revision(1, { status: 'uninstalled' })] })).toBe('install')
})

test('[HD2] a release that is not known to be ours is taken over by an upgrade', () => {
  expect(stateOf({ storage: [deployed] }).kind).toBe('unmanaged')
  expect(decide({ storage: [deployed] })).toBe('upgrade')
  expect(stateOf({ storage: [revision(2)], status: known }).kind).toBe('unmanaged')
})

test('[HD17] what of the history is in storage as it was is kept, so that it can be gone back to', () => {
  const history = [snapshotOf(deployed)]
  const kept = (storage: readonly StoredRelease[]): readonly string[] => {
    const spec = specOf()
    const status = statusOf({ history })
    const facts = factsFor(...storage)
    const decision = decideAction({
      spec,
      status,
      state: stateOf({ storage, status: { history } }),
      storage: facts,
      force: false,
    })
    if (decision.kind !== 'act') throw new Error(decision.kind)
    return (decision.status.history ?? []).map((one) => `v${one.version} ${one.status} ${one.digest}`)
  }
  const cutOff = revision(2, { status: 'failed' })
  expect(kept([deployed, cutOff])).toEqual([`v1 deployed ${snapshotOf(deployed).digest}`])
  const before = revision(1, { status: 'superseded' })
  expect(kept([before, revision(2)])).toEqual([`v1 superseded ${snapshotOf(before).digest}`])
  expect(kept([revision(1, { status: 'superseded', config: { by: 'hand' } }), revision(2)])).toEqual([])
  expect(kept([revision(2)])).toEqual([])
})

test.each(['pending-install', 'pending-upgrade', 'pending-rollback'] as const)('[HD3] %s is unlocked', (status) => {
  expect(decide({ storage: [revision(1, { status })], status: known })).toBe('unlock')
})

test('[HD4] an uninstall that was cut short is ended', () => {
  expect(decide({ storage: [revision(1, { status: 'uninstalling' })], status: known })).toBe('uninstall')
})

test('[HD5] another chart, version, or values make an upgrade', () => {
  expect(decide({ storage: [deployed], status: known })).toBe('in-sync')
  expect(decide({ storage: [deployed], status: known, chartVersion: '1.0.1' })).toBe('upgrade')
  expect(decide({ storage: [deployed], status: known, values: { a: 1 } })).toBe('upgrade')
})

test('[HD6] other post-renderers or metadata make an upgrade, in a new generation only', () => {
  for (const spec of [{ postRenderers: [] }, { commonMetadata: { labels: { a: 'b' } } }]) {
    expect(decide({ storage: [deployed], status: known, spec, isNewGeneration: true })).toBe('upgrade')
    expect(decide({ storage: [deployed], status: known, spec })).toBe('in-sync')
  }
})

const tests = { test: { enable: true } }
const failedTest = { history: [snapshotOf(deployed, { testHooks: { t: { phase: 'Failed' } } })] }

test('[HD7] tests that have not run are run', () => {
  expect(decide({ storage: [deployed], status: known, spec: tests })).toBe('test')
  const tested = { history: [snapshotOf(deployed, { testHooks: {} })] }
  expect(decide({ storage: [deployed], status: tested, spec: tests })).toBe('in-sync')
})

test('[HD8] a failed test is a failure unless it is to be ignored', () => {
  const status = { ...failedTest, lastAttemptedReleaseAction: 'install', installFailures: 1 }
  const retries = { install: { remediation: { retries: 1 } } }
  expect(decide({ storage: [deployed], status, spec: { ...tests, ...retries } })).toBe('uninstall')
  const ignored = { test: { enable: true, ignoreFailures: true } }
  expect(decide({ storage: [deployed], status, spec: ignored })).toBe('in-sync')
})

const failed = revision(2, { status: 'failed' })
const superseded = revision(1, { status: 'superseded' })
const upgraded = {
  history: [snapshotOf(failed, { action: 'upgrade' }), snapshotOf(superseded)],
  lastAttemptedReleaseAction: 'upgrade',
  upgradeFailures: 1,
}
const afterUpgrade = { storage: [superseded, failed], status: upgraded }

test('[HD10] a failed install without retries stalls, with some it is uninstalled first', () => {
  const first = revision(1, { status: 'failed' })
  const status = { history: [snapshotOf(first)], lastAttemptedReleaseAction: 'install', installFailures: 1 }
  expect(decide({ storage: [first], status })).toBe('RetriesExceeded')
  const remediation = { retries: 1 }
  expect(decide({ storage: [first], status, spec: { install: { remediation } } })).toBe('uninstall')
  const last = { remediateLastFailure: true }
  expect(decide({ storage: [first], status, spec: { install: { remediation: last } } })).toBe('uninstall')
  expect(
    decide({
      status: { lastAttemptedReleaseAction: 'install', installFailures: 2 },
      spec: { install: { remediation } },
    }),
  ).toBe('RetriesExceeded')
})

test('[HD11] a failed upgrade with retries is rolled back, also after the last of them', () => {
  const spec = { upgrade: { remediation: { retries: 1 } } }
  expect(decide({ ...afterUpgrade, spec })).toBe('rollback to 1')
  expect(decide({ ...afterUpgrade, spec, status: { ...upgraded, upgradeFailures: 2 } })).toBe('rollback to 1')
  expect(decide(afterUpgrade)).toBe('RetriesExceeded')
  expect(decide({ ...afterUpgrade, spec: { upgrade: { remediation: { retries: 1, strategy: 'uninstall' } } } })).toBe(
    'uninstall',
  )
})

test('[HD12] without a good revision to go back to there is no remedy', () => {
  const spec = { upgrade: { remediation: { retries: 1 } } }
  const status = { ...upgraded, history: [snapshotOf(failed)] }
  expect(decide({ storage: [failed], status, spec })).toBe('MissingRollbackTarget')
})

test('[HD13] a revision that is not what it was is not gone back to', () => {
  const spec = { upgrade: { remediation: { retries: 1 } } }
  expect(decide({ ...afterUpgrade, storage: [failed], spec })).toBe('upgrade')
  const other = revision(1, { status: 'superseded', config: { by: 'hand' } })
  expect(decide({ ...afterUpgrade, storage: [other, failed], spec })).toBe('upgrade')
})

test('[HD14] a failure of something else than is wanted now is no reason to go back', () => {
  expect(decide({ ...afterUpgrade, status: { ...upgraded, upgradeFailures: 0 } })).toBe('upgrade')
})

test('[HD15] RetryOnFailure upgrades again, whatever the counters say', () => {
  const spec = { upgrade: { strategy: { name: 'RetryOnFailure' } } }
  expect(decide({ ...afterUpgrade, status: { ...upgraded, upgradeFailures: 9 }, spec })).toBe('upgrade')
})

test('[HD16] a request to force upgrades what is in sync, failed, or out of retries', () => {
  expect(decide({ storage: [deployed], status: known, force: true })).toBe('upgrade')
  expect(decide({ ...afterUpgrade, force: true })).toBe('upgrade')
  expect(decide({ status: { lastAttemptedReleaseAction: 'install', installFailures: 1 }, force: true })).toBe('install')
  const out = { ...known, lastAttemptedReleaseAction: 'upgrade', upgradeFailures: 1 }
  expect(decide({ storage: [deployed], status: out, chartVersion: '2.0.0' })).toBe('RetriesExceeded')
  expect(decide({ storage: [deployed], status: out, chartVersion: '2.0.0', force: true })).toBe('upgrade')
})

test('[HD9] a status that Helm does not leave behind is an error', () => {
  expect(
    decide({ storage: [revision(1, { status: 'superseded' })], status: { history: [snapshotOf(superseded)] } }),
  ).toBe("unable to determine state for release with status 'superseded'")
})
