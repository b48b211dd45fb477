import { expect, test } from 'vitest'

import type { ReleaseStatus, StoredRelease } from '../storage/stored-release.ts'
import { currentRevision, reusedDefaults, reusedValues } from './reuse-values.ts'

function revision(version: number, status: ReleaseStatus, changes: Partial<StoredRelease> = {}): StoredRelease {
  const info = { firstDeployed: '', lastDeployed: '', deleted: '', description: '', rollbackRevision: 0, notes: '' }
  return {
    name: 'web',
    namespace: 'apps',
    version,
    info: { ...info, status },
    chart: {
      metadata: { name: 'web', version: '1.0.0' },
      lock: undefined,
      templates: [],
      values: { size: 1, mode: 'old', nested: { a: 1, b: 2 } },
      schema: '',
      schemaModTime: '',
      files: [],
      modTime: '',
    },
    config: undefined,
    manifest: '',
    hooks: [],
    applyMethod: 'ssa',
    labels: {},
    ...changes,
  }
}

test.each<[string, readonly StoredRelease[], number | undefined]>([
  ['the newest that is deployed', [revision(1, 'superseded'), revision(2, 'deployed'), revision(3, 'failed')], 2],
  ['the newest of all where none is', [revision(2, 'failed'), revision(1, 'failed')], 2],
  ['none', [], undefined],
])('[V5] an upgrade starts from %s', (_, releases, version) => {
  expect(currentRevision(releases)?.version).toBe(version)
})

test('[V5] values given lie over those of the revision before, and a null takes one away', () => {
  const current = revision(1, 'deployed', { config: { kept: 1, nested: { a: 5, c: 6 }, gone: 'x' } })
  const given = { nested: { a: 7 }, gone: null }
  expect(reusedValues(current, given)).toEqual({ kept: 1, nested: { a: 7, c: 6 } })
  expect(given).toEqual({ nested: { a: 7 }, gone: null })
  expect(current.config).toEqual({ kept: 1, nested: { a: 5, c: 6 }, gone: 'x' })
  expect(reusedValues(undefined, given)).toEqual({ nested: { a: 7 }, gone: null })
})

test('[V5] the defaults of the old chart stay, under the values of the old revision', () => {
  const current = revision(1, 'deployed', { config: { mode: 'mine', nested: { a: 5 } } })
  expect(reusedDefaults(current)).toEqual({ size: 1, mode: 'mine', nested: { a: 5, b: 2 } })
  expect(reusedDefaults(revision(1, 'deployed', { chart: undefined }))).toBeUndefined()
})
