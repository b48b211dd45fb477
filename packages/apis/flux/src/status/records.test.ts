import { expect, test } from 'vitest'

import { upsertHistory, type HistoryEntry } from './history.ts'
import { formatInventoryId, parseInventoryId } from './inventory-id.ts'
import { readRequest } from './triggers.ts'

test.each([
  ['default_web_apps_Deployment', { namespace: 'default', name: 'web', group: 'apps', kind: 'Deployment' }],
  ['_team-a__Namespace', { namespace: '', name: 'team-a', group: '', kind: 'Namespace' }],
  [
    '_system__node_rbac.authorization.k8s.io_ClusterRole',
    { namespace: '', name: 'system:node', group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
  ],
])('[I1] %s is written and read', (id, key) => {
  expect(formatInventoryId(key)).toBe(id)
  expect(parseInventoryId(id)).toEqual(key)
})

test.each(['', 'a_b', 'a_b_c', 'a__g_'])('[I2] %j is no id', (id) => {
  expect(parseInventoryId(id)).toBeUndefined()
})

const event = { digest: 'sha256:a', status: 'ReconciliationSucceeded', now: 't1', duration: '1s', metadata: {} }

test('[H1] the same digest and status is one entry that counts', () => {
  const once = upsertHistory([], event)
  const twice = upsertHistory(once, { ...event, now: 't2', duration: '2s' })
  expect(twice).toEqual<HistoryEntry[]>([
    {
      digest: 'sha256:a',
      firstReconciled: 't1',
      lastReconciled: 't2',
      lastReconciledDuration: '2s',
      lastReconciledStatus: 'ReconciliationSucceeded',
      totalReconciliations: 2,
      metadata: {},
    },
  ])
})

test('[H2] the entry of the pass comes first, and [H3] five are kept', () => {
  let history: readonly HistoryEntry[] = []
  for (const digest of ['1', '2', '3', '4', '5', '6', '2']) history = upsertHistory(history, { ...event, digest })
  expect(history.map((entry) => entry.digest)).toEqual(['2', '6', '5', '4', '3'])
})

function annotated(annotations: Record<string, string>, status: object): Parameters<typeof readRequest>[0] {
  return { apiVersion: 'v1', kind: 'X', metadata: { annotations }, status }
}

test('[T1] a request is new until its value is in the status', () => {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'a' }
  expect(readRequest(annotated(annotations, {}))).toMatchObject({ requestedAt: 'a', isNew: true, force: false })
  expect(readRequest(annotated(annotations, { lastHandledReconcileAt: 'a' }))).toMatchObject({ isNew: false })
})

test('[T2] forcing needs both annotations with one value that was not handled', () => {
  const both = { 'reconcile.fluxcd.io/requestedAt': 'a', 'reconcile.fluxcd.io/forceAt': 'a' }
  expect(readRequest(annotated(both, {})).force).toBe(true)
  expect(readRequest(annotated({ ...both, 'reconcile.fluxcd.io/forceAt': 'b' }, {})).force).toBe(false)
  expect(readRequest(annotated(both, { lastHandledForceAt: 'a' })).force).toBe(false)
})
