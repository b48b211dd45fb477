import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { findCycle, judgeDependency, topologicalOrder } from './dependencies.ts'
import { readGuards } from './guards.ts'
import { keepsLive, objectPolicy } from './object-policy.ts'
import { kustomizationMark } from './owner-mark.ts'
import { matchesSelector, selects } from './selector.ts'

function object(metadata: KubeObject['metadata'], rest: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'app', ...metadata },
    ...rest,
  }
}

const key = (name: string): string => `kustomize.toolkit.fluxcd.io/${name}`

test.each([
  [{}, { mode: 'apply', replace: false }],
  [{ [key('ssa')]: 'merge' }, { mode: 'merge', replace: false }],
  [{ [key('ssa')]: 'IFNOTPRESENT' }, { mode: 'create-only', replace: false }],
  [{ [key('ssa')]: 'Ignore' }, { mode: 'skip', replace: false }],
  [{ [key('reconcile')]: 'Disabled' }, { mode: 'skip', replace: false }],
  [{ [key('force')]: 'enabled' }, { mode: 'apply', replace: true }],
])('[P1] %j means %j, on annotations and on labels', (said, expected) => {
  expect(objectPolicy(object({ annotations: said }))).toEqual(expected)
  expect(objectPolicy(object({ labels: said }))).toEqual(expected)
})

test('[P5] a live object that opts out of pruning or of all is kept', () => {
  expect(keepsLive(object({}))).toBeUndefined()
  expect(keepsLive(object({ annotations: { [key('prune')]: 'disabled' } }))).toContain('prune: disabled')
  expect(keepsLive(object({ labels: { [key('reconcile')]: 'disabled' } }))).toContain('reconcile: disabled')
})

test('[O1] the mark is two labels, and confirms only its own', () => {
  const mark = kustomizationMark({ namespace: 'flux-system', name: 'apps' })
  const stamped = mark.stamp(object({ labels: { app: 'web' } }))
  expect(stamped.metadata.labels).toEqual({ app: 'web', [key('name')]: 'apps', [key('namespace')]: 'flux-system' })
  expect(mark.confirms(stamped)).toBe(true)
  expect(kustomizationMark({ namespace: 'other', name: 'apps' }).confirms(stamped)).toBe(false)
  expect(mark.ownerOf(stamped)).toBe('Kustomization/flux-system/apps')
  expect(mark.ownerOf(object({}))).toBeUndefined()
})

test('[G1] guards are on until an annotation turns them off', () => {
  expect(readGuards(object({}))).toEqual({ allowEmpty: false, limit: 'default' })
  expect(readGuards(object({ annotations: { 'kedge.dev/delete-guard': 'disabled' } }))).toEqual({
    allowEmpty: true,
    limit: 'off',
  })
  expect(readGuards(object({ annotations: { 'kedge.dev/confirm-delete': 'abc' } })).confirmed).toBe('abc')
})

test.each([
  [undefined, true],
  [{ kind: 'Deployment' }, true],
  [{ kind: 'Deploy' }, false],
  [{ kind: 'Deploy.*' }, true],
  [{ name: 'we|wob' }, false],
  [{ group: 'apps', version: 'v1', namespace: 'app' }, true],
  [{ labelSelector: 'tier in (a, b),!x' }, true],
  [{ labelSelector: 'tier=b' }, false],
  [{ name: '(' }, false],
])('[N1] the selector %j selects: %s', (selector, expected) => {
  expect(selects(selector, object({ labels: { tier: 'a' } }))).toBe(expected)
})

test.each([
  ['a=1', true],
  ['a==1,b!=1', true],
  ['a', true],
  ['!a', false],
  ['c', false],
  ['a notin (1,2)', false],
  ['', true],
])('[N2] the label selector %j matches: %s', (selector, expected) => {
  expect(matchesSelector(selector, { a: '1', b: '2' })).toBe(expected)
})

const graph: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['a', 'd'], d: [], e: ['a'], f: ['f'] }
const dependenciesOf = (name: string): string[] => graph[name] ?? []

test('[D7] a cycle is found from every member and from nobody else', () => {
  expect(findCycle('a', dependenciesOf)).toEqual(['a', 'b', 'c', 'a'])
  expect(findCycle('c', dependenciesOf)).toEqual(['c', 'a', 'b', 'c'])
  expect(findCycle('f', dependenciesOf)).toEqual(['f', 'f'])
  expect(findCycle('d', dependenciesOf)).toBeUndefined()
  expect(findCycle('e', dependenciesOf)).toBeUndefined()
})

test('[D8] dependents are woken after what they depend on; cycles come last', () => {
  const order = topologicalOrder([
    { key: 'apps', dependsOn: ['infra', 'crds'] },
    { key: 'x', dependsOn: ['y'] },
    { key: 'y', dependsOn: ['x'] },
    { key: 'infra', dependsOn: ['crds', 'elsewhere'] },
    { key: 'crds', dependsOn: [] },
  ])
  expect(order).toEqual(['crds', 'infra', 'apps', 'x', 'y'])
})

const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'repo' } as const

function judge(status: object | undefined, foundSource: typeof source | undefined = source): string | undefined {
  return judgeDependency({
    dependency: { namespace: 'flux-system', name: 'infra', readyExpr: undefined },
    found: status === undefined ? undefined : object({ generation: 3 }, { status }),
    foundSource,
    ownSource: source,
    artifactRevision: 'main@sha1:2',
  })
}

const ready = [{ type: 'Ready', status: 'True', reason: 'x', message: '', lastTransitionTime: '' }]

test('[D1] a dependency must exist, be observed, be ready, and at the same revision of the same source', () => {
  expect(judge(undefined)).toBe("dependency 'flux-system/infra' not found")
  expect(judge({ observedGeneration: 2, conditions: ready })).toBe("dependency 'flux-system/infra' is not ready")
  expect(judge({ observedGeneration: 3, conditions: [] })).toBe("dependency 'flux-system/infra' is not ready")
  const old = { observedGeneration: 3, conditions: ready, lastAppliedRevision: 'main@sha1:1' }
  expect(judge(old)).toBe("dependency 'flux-system/infra' revision is not up to date")
  expect(judge(old, { ...source, name: 'other' as 'repo' })).toBeUndefined()
  expect(judge({ ...old, lastAppliedRevision: 'main@sha1:2' })).toBeUndefined()
})
