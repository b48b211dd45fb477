import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { type FetchAnswer, type FluxEffect } from './effects.ts'
import { reconcileGitRepository } from './git-repository.ts'
import { type PassEnd } from './pass-end.ts'
import { defaultSettings, type PassContext } from './settings.ts'

const artifact = {
  revision: 'main@sha1:1',
  digest: 'sha256:a',
  path: 'gitrepository/ns/repo/1.tar.gz',
  url: 'http://x/gitrepository/ns/repo/1.tar.gz',
  size: 10,
  subject: 'first',
}

function repository(spec: object = {}, status?: object): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace: 'ns', generation: 2 },
    spec: { url: 'https://example.com/repo.git', interval: '1m', ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

const context: PassContext = {
  nowMs: 0,
  now: '2026-01-01T00:00:00Z',
  random: 0.5,
  elapsedMs: () => 0,
  deletionMs: () => 0,
  settings: defaultSettings,
  expressions: { check: () => undefined, ready: () => ({ ok: true, value: true }) },
}

function pass(object: KubeObject, answer: FetchAnswer): { end: PassEnd; effects: FluxEffect[] } {
  const effects: FluxEffect[] = []
  const program = reconcileGitRepository(object, context)
  let step = program.next()
  while (!step.done) {
    effects.push(step.value)
    step = program.next(step.value.kind === 'fetch-git' ? answer : undefined)
  }
  return { end: step.value, effects }
}

const fetched: FetchAnswer = { kind: 'fetched', artifact, changed: true }

function conditions(end: PassEnd): readonly string[] {
  const list = end.status?.['conditions'] as readonly { type: string; status: string; reason: string }[]
  return list.map((one) => `${one.type}=${one.status}/${one.reason}`)
}

test('[R5] [R8] a fetch is told once, and stored with its conditions', () => {
  const { end } = pass(repository({ ignore: '*.md' }), fetched)
  expect(conditions(end)).toEqual(['Ready=True/Succeeded', 'ArtifactInStorage=True/Succeeded'])
  expect(end.status).toMatchObject({
    observedGeneration: 2,
    observedIgnore: '*.md',
    artifact: { revision: 'main@sha1:1', size: 10, lastUpdateTime: '2026-01-01T00:00:00Z' },
  })
  expect(end.notes.map((note) => [note.reason, note.message])).toEqual([
    ['NewArtifact', "stored artifact for commit 'first'"],
  ])
  expect(end.next).toEqual({ kind: 'done', intervalMs: 60_000 })
  const again = pass(repository({ ignore: '*.md' }, end.status), { ...fetched, changed: false })
  expect(again.end.status).toEqual(end.status)
  expect(again.end.notes).toEqual([])
})

test('[R6] [R8] a failure keeps the artifact, is told once, and its end is told too', () => {
  const before = pass(repository(), fetched).end.status
  const failure = { code: 'ConnectionFailed', message: 'no route to host' }
  const failed = pass(repository({}, before), { kind: 'failed', failure, retryable: true })
  expect(conditions(failed.end)).toEqual([
    'Reconciling=True/ProgressingWithRetry',
    'Ready=False/GitOperationFailed',
    'ArtifactInStorage=True/Succeeded',
    'FetchFailed=True/GitOperationFailed',
  ])
  expect(failed.end.status).toMatchObject({ artifact: { revision: 'main@sha1:1' } })
  expect(failed.end.next.kind).toBe('retry')
  expect(failed.end.notes).toHaveLength(1)
  const again = pass(repository({}, failed.end.status), { kind: 'failed', failure, retryable: true })
  expect(again.end.notes).toEqual([])
  const mended = pass(repository({}, failed.end.status), { ...fetched, changed: false })
  expect(conditions(mended.end)).toEqual(['Ready=True/Succeeded', 'ArtifactInStorage=True/Succeeded'])
  expect(mended.end.notes.map((note) => note.reason)).toEqual(['Succeeded'])
})

test.each([
  [{ url: 'ftp://x/y' }, 'URLInvalid'],
  [{ url: 'nonsense' }, 'URLInvalid'],
  [{ verify: { secretRef: { name: 'k' } } }, 'InvalidVerificationMode'],
  [{ recurseSubmodules: true }, 'InvalidSpec'],
  [{ provider: 'azure' }, 'InvalidProviderConfiguration'],
  [{ interval: 'often' }, 'InvalidSpec'],
])('[R2] %j stalls with %s, and nothing is fetched', (spec, reason) => {
  const { end, effects } = pass(repository(spec), fetched)
  expect(effects).toEqual([])
  expect(conditions(end).slice(0, 2)).toEqual([`Stalled=True/${reason}`, `Ready=False/${reason}`])
  expect(end.next.kind).toBe('stalled')
})

test('[R3] a missing Secret is an authentication failure', () => {
  const { end, effects } = pass(repository({ secretRef: { name: 'auth' } }), fetched)
  expect(effects.map((effect) => effect.kind)).toEqual(['read'])
  expect(conditions(end)).toContain('Ready=False/AuthenticationFailed')
})

test('[R1] a suspended one is left alone', () => {
  const { end, effects } = pass(repository({ suspend: true }), fetched)
  expect(effects).toEqual([])
  // Who takes its artifact is not told that it was never looked at.
  expect(end.status).toEqual({ observedGeneration: repository().metadata.generation })
})

test('[R7] an include that is not there yet comes back soon', () => {
  const failure = { code: 'IncludeUnavailable', message: 'no artifact of base' }
  const { end } = pass(repository(), { kind: 'failed', failure, retryable: true })
  expect(conditions(end)).toContain('IncludeUnavailable=True/IncludeUnavailable')
  expect(end.next).toEqual({ kind: 'after', delayMs: 30_000 })
})
