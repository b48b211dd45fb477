import { emptyMemory } from '@kedge/engine'
import { type StoredRelease } from '@kedge/helm'
import { type ActionEnd } from '@kedge/release'
import { expect, test } from 'vitest'

import { revision, snapshotOf, specOf, statusOf, testHook } from '../testing/helm-releases.ts'
import { type Condition } from '../status/conditions.ts'
import { type ActionOrder, type FinishedAction } from './action-order.ts'
import { type ReleaseAction } from './next-action.ts'
import { settleAction, type Settlement } from './settle-action.ts'
import { type HelmReleaseStatus } from './status.ts'

const moment = { generation: 1, now: '2027-01-15T08:00:00Z' }
const entry = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'web', uid: 'u' }

function orderOf(action: ReleaseAction, spec: object = {}, purpose: ActionOrder['purpose'] = 'release'): ActionOrder {
  return {
    action,
    purpose,
    spec: specOf(spec),
    release: { name: 'web', namespace: 'apps', storageNamespace: 'apps' },
    target: { serviceAccount: undefined, kubeConfig: undefined },
    content: {
      source: { kind: 'HelmChart', namespace: 'apps', name: 'apps-web' },
      artifact: { revision: '1.0.0', digest: 'sha256:c' },
      chart: { name: 'web', version: '1.0.0', appVersion: '9' },
      values: {},
      configDigest: 'sha256:v',
      ociDigest: '',
    },
  }
}

function succeeded(release: StoredRelease): ActionEnd {
  return { ok: true, release, log: [], inventory: [entry], memory: emptyMemory }
}

function failedEnd(message: string, release?: StoredRelease, code = 'Failed'): ActionEnd {
  const failure = { code, message }
  const log = ['creating 1 resource(s)', 'waiting']
  const made = release === undefined ? {} : { release }
  return { ok: false, failure, retryable: false, log, inventory: [entry], memory: emptyMemory, ...made }
}

function settle(
  status: HelmReleaseStatus,
  finished: Partial<FinishedAction> & Pick<FinishedAction, 'order' | 'end'>,
): Settlement {
  return settleAction(status, { records: [], durationMs: 1500, ...finished }, moment)
}

function condition(status: HelmReleaseStatus, type: string): Partial<Condition> | undefined {
  const found = status.conditions.find((one) => one.type === type)
  return found === undefined ? undefined : { status: found.status, reason: found.reason, message: found.message }
}

const install = { kind: 'install' } as const
const upgrade = { kind: 'upgrade' } as const

test('[HC5] an install that succeeded is told, recorded and ready', () => {
  const { status, notes, outcome } = settle(statusOf(), { order: orderOf(install), end: succeeded(revision(1)) })
  const message = 'Helm install succeeded for release apps/web.v1 with chart web@1.0.0'
  expect(condition(status, 'Released')).toEqual({ status: 'True', reason: 'InstallSucceeded', message })
  expect(condition(status, 'Ready')).toEqual({ status: 'True', reason: 'InstallSucceeded', message })
  expect(status.history?.map(({ version, action }) => [version, action])).toEqual([[1, 'install']])
  expect(status.inventory?.entries.map(({ id }) => id)).toEqual(['apps_web__ConfigMap'])
  expect(status).toMatchObject({ lastAttemptedReleaseAction: 'install', lastAttemptedReleaseActionDuration: '1.5s' })
  expect(notes).toMatchObject([
    {
      severity: 'info',
      reason: 'InstallSucceeded',
      message,
      metadata: { 'helm.toolkit.fluxcd.io/revision': '1.0.0', 'helm.toolkit.fluxcd.io/app-version': '9' },
    },
  ])
  expect(outcome).toEqual({ kind: 'continue' })
})

test('[HC6] an install that failed counts, and its event ends with what Helm said last', () => {
  const { status, notes, outcome } = settle(statusOf(), {
    order: orderOf(install),
    end: failedEnd('timed out', revision(1, { status: 'failed' })),
  })
  const message = 'Helm install failed for release apps/web with chart web@1.0.0: timed out'
  expect(condition(status, 'Ready')).toEqual({ status: 'False', reason: 'InstallFailed', message })
  expect(status).toMatchObject({ failures: 1, installFailures: 1 })
  expect(notes[0]?.message).toBe(`${message}\n\nLast Helm logs:\n\ncreating 1 resource(s)\nwaiting`)
  expect(outcome).toEqual({ kind: 'continue' })
})

test('[HC6] one that left no record is tried again and counts as no failed install', () => {
  const { status, outcome } = settle(statusOf(), { order: orderOf(install), end: failedEnd('template: x') })
  expect(status.failures).toBe(1)
  expect(status.installFailures).toBeUndefined()
  expect(outcome).toEqual({ kind: 'error', message: 'template: x' })
  const again = settle(status, { order: orderOf(install), end: failedEnd('template: x') })
  expect([again.status.failures, again.notes]).toEqual([2, []])
})

test('[HC6] an action whose record could not be settled costs no retry, and is no remedy yet', () => {
  const history = [snapshotOf(revision(1))]
  const pending = failedEnd('the server is starting', revision(2, { status: 'pending-upgrade' }))
  const upgraded = settle(statusOf({ history }), { order: orderOf(upgrade), end: pending })
  expect(upgraded.status).toMatchObject({ failures: 1 })
  expect(upgraded.status.upgradeFailures).toBeUndefined()
  expect(upgraded.outcome.kind).toBe('error')
  const [to] = history
  if (to === undefined) throw new Error('no snapshot')
  const rollback = orderOf({ kind: 'rollback', to })
  const cutOff = failedEnd('the server is starting', revision(3, { status: 'pending-rollback' }))
  expect(settle(statusOf({ history }), { order: rollback, end: cutOff }).outcome.kind).toBe('error')
  const failed = failedEnd('no namespace', revision(3, { status: 'failed' }))
  expect(settle(statusOf({ history }), { order: rollback, end: failed }).outcome.kind).toBe('stop')
})

test('[HC7] an upgrade shows the revision before as it is stored now', () => {
  const before = statusOf({ history: [snapshotOf(revision(1))] })
  const old = revision(1, { status: 'superseded' })
  const { status } = settle(before, {
    order: orderOf(upgrade),
    end: succeeded(revision(2)),
    records: [old, revision(2)],
  })
  expect(status.history?.map(({ version, status: state }) => [version, state])).toEqual([
    [2, 'deployed'],
    [1, 'superseded'],
  ])
  expect(status.history?.[1]?.digest).toBe(snapshotOf(old).digest)
  expect(condition(status, 'Ready')).toMatchObject({ status: 'True', reason: 'UpgradeSucceeded' })
})

test('[HC8] with tests to come the release is not ready yet, and ready once they succeeded', () => {
  const spec = { test: { enable: true } }
  const first = settle(statusOf(), { order: orderOf(install, spec), end: succeeded(revision(1)) })
  expect(condition(first.status, 'Ready')).toEqual({
    status: 'Unknown',
    reason: 'AwaitingTests',
    message: 'Helm release apps/web.v1 with chart web@1.0.0 is awaiting tests',
  })
  const tested = revision(1, { hooks: [testHook('ping', 'Succeeded')] })
  const { status } = settle(first.status, { order: orderOf({ kind: 'test' }, spec), end: succeeded(tested) })
  expect(condition(status, 'Ready')).toEqual({
    status: 'True',
    reason: 'TestSucceeded',
    message: 'Helm test succeeded for release apps/web.v1 with chart web@1.0.0: 1 test hook completed successfully',
  })
  expect(status.history?.[0]?.testHooks).toMatchObject({ ping: { phase: 'Succeeded' } })
})

test('[HC8] a failed test counts as a failure of what was tried, unless it is ignored', () => {
  const before = (spec: object): HelmReleaseStatus =>
    settle(statusOf(), { order: orderOf(install, spec), end: succeeded(revision(1)) }).status
  const tested = revision(1, { hooks: [testHook('ping', 'Failed')] })
  const end = failedEnd('pod ping failed', tested)
  const strict = { test: { enable: true } }
  const failed = settle(before(strict), { order: orderOf({ kind: 'test' }, strict), end })
  expect(condition(failed.status, 'Ready')).toMatchObject({ status: 'False', reason: 'TestFailed' })
  expect(failed.status).toMatchObject({ failures: 1, installFailures: 1 })
  const lenient = { test: { enable: true, ignoreFailures: true } }
  const ignored = settle(before(lenient), { order: orderOf({ kind: 'test' }, lenient), end })
  expect(condition(ignored.status, 'Ready')).toMatchObject({ status: 'True', reason: 'InstallSucceeded' })
  expect(ignored.status.installFailures).toBeUndefined()
})

test('[HC9] a rollback leaves the object not ready, and waits for another pass', () => {
  const to = snapshotOf(revision(1, { status: 'superseded' }))
  const before = statusOf({ history: [snapshotOf(revision(2, { status: 'failed' })), to], upgradeFailures: 1 })
  const { status, outcome } = settle(before, { order: orderOf({ kind: 'rollback', to }), end: succeeded(revision(3)) })
  const message = 'Helm rollback to previous release apps/web.v1 with chart web@1.0.0 succeeded'
  expect(condition(status, 'Remediated')).toEqual({ status: 'True', reason: 'RollbackSucceeded', message })
  expect(condition(status, 'Ready')).toEqual({ status: 'False', reason: 'RollbackSucceeded', message })
  expect(status.history?.map(({ version }) => version)).toEqual([3, 2, 1])
  expect(outcome).toEqual({ kind: 'stop' })
})

test('[HC10] an uninstall that remedies is told as such, and Ready names what it remedied', () => {
  const failure = failedEnd('no such host', revision(1, { status: 'failed' }))
  const before = settle(statusOf(), { order: orderOf(install), end: failure }).status
  const gone = revision(1, { status: 'uninstalled' })
  const { status, outcome } = settle(before, { order: orderOf({ kind: 'uninstall' }), end: succeeded(gone) })
  expect(condition(status, 'Remediated')).toEqual({
    status: 'True',
    reason: 'UninstallSucceeded',
    message: 'Helm uninstall remediation for release apps/web.v1 with chart web@1.0.0 succeeded',
  })
  expect(condition(status, 'Ready')).toEqual({
    status: 'False',
    reason: 'InstallFailed',
    message: 'Helm install failed for release apps/web with chart web@1.0.0: no such host',
  })
  expect(status.history?.[0]).toMatchObject({ status: 'uninstalled', action: 'uninstall-remediation' })
  expect(outcome).toEqual({ kind: 'stop' })
})

test('[HC11] after a release was uninstalled elsewhere nothing is known of it', () => {
  const before = statusOf({ history: [snapshotOf(revision(1))], storageNamespace: 'apps', failures: 2 })
  const order = orderOf({ kind: 'uninstall' }, {}, 'replace-target')
  const { status } = settle(before, { order, end: succeeded(revision(1, { status: 'uninstalled' })) })
  expect(status.history).toBeUndefined()
  expect(status.storageNamespace).toBeUndefined()
  expect(status.failures).toBeUndefined()
  const absent = settle(before, { order, end: failedEnd('no release', undefined, 'ReleaseNotFound') })
  expect(condition(absent.status, 'Released')).toMatchObject({
    message: 'Release apps/web.v1 was not found, assuming it is uninstalled',
  })
  const already = settle(before, { order, end: failedEnd("the release named 'web' is already deleted") })
  expect(condition(already.status, 'Released')).toMatchObject({
    message: 'Release apps/web.v1 was already uninstalled',
  })
})

test('[HC12] what a crash left is unlocked in so many words', () => {
  const before = statusOf({ history: [snapshotOf(revision(2, { status: 'pending-upgrade' }))] })
  const { status, notes } = settle(before, {
    order: orderOf({ kind: 'unlock', from: 'pending-upgrade' }),
    end: succeeded(revision(2, { status: 'failed' })),
  })
  const message = 'Unlocked Helm release apps/web.v2 with chart web@1.0.0 in pending-upgrade state'
  expect(condition(status, 'Released')).toEqual({ status: 'False', reason: 'PendingRelease', message })
  expect(status.history?.[0]?.status).toBe('failed')
  expect(notes).toMatchObject([{ severity: 'info', reason: 'PendingRelease', message }])
})

test('[HC14] a wait that something new called off says what it was, and the run begins anew', () => {
  const failed = revision(1, { status: 'failed' })
  const order = orderOf(upgrade)
  const calledOffBy = 'HelmChart/apps/apps-web'
  const { status, notes, outcome } = settle(statusOf(), {
    order,
    end: failedEnd('context canceled', failed),
    calledOffBy,
  })
  expect(outcome).toEqual({ kind: 'anew' })
  expect(condition(status, 'Ready')).toEqual({
    status: 'False',
    reason: 'HealthCheckCanceled',
    message: 'New reconciliation triggered by HelmChart/apps/apps-web',
  })
  expect(condition(status, 'Released')).toMatchObject({ status: 'False', reason: 'UpgradeFailed' })
  expect(notes.map(({ severity, reason, message }) => [severity, reason, message])).toEqual([
    ['error', 'UpgradeFailed', expect.stringContaining('context canceled')],
    [
      'info',
      'HealthCheckCanceled',
      'Health checks canceled due to new reconciliation triggered by HelmChart/apps/apps-web',
    ],
  ])
  const inTime = settle(statusOf(), { order, end: succeeded(revision(1)), calledOffBy })
  expect(inTime.outcome).toEqual({ kind: 'continue' })
})
