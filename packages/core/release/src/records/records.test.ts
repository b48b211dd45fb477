import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { installRelease } from '../actions/install-release.ts'
import { upgradeRelease } from '../actions/upgrade-release.ts'
import { configMap, contentOf, createReleaseBench, namespace, optionsOf, targetOf } from '../testing/release-bench.ts'
import { readHistory } from './read-history.ts'

const broken: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'helm.sh/release.v1',
  metadata: {
    name: 'sh.helm.release.v1.web.v7',
    namespace,
    labels: { name: 'web', owner: 'helm', status: 'deployed', version: '7' },
  },
  data: { release: 'bm9wZQ==' },
}

test('[R1] a malformed record is told apart, and its revision stays taken', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  await bench.run(installRelease(targetOf(), content, optionsOf()))
  bench.cluster.put(broken)
  const history = await bench.run(readHistory(targetOf()))
  expect(history).toMatchObject({
    ok: true,
    releases: [{ version: 1 }],
    malformed: [{ version: 7, failure: { code: 'ReleaseMalformed', object: 'Secret/shop/sh.helm.release.v1.web.v7' } }],
  })
  const end = await bench.run(upgradeRelease(targetOf(), content, optionsOf()))
  expect(end).toMatchObject({ ok: true, release: { version: 8 } })
})

test('[R2] the name of a record is the lock: whoever comes second does nothing', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  let isFirst = true
  const watcher = {
    before(step: { readonly kind: string }) {
      if (step.kind !== 'create-record' || !isFirst) return
      isFirst = false
      const metadata = { ...broken.metadata, name: 'sh.helm.release.v1.web.v1' }
      bench.cluster.put({ ...broken, metadata })
    },
  }
  const end = await bench.run(installRelease(targetOf(), content, optionsOf()), { watcher })
  expect(end).toMatchObject({ ok: false, retryable: true, failure: { code: 'OperationInProgress' } })
  expect(bench.cluster.writes()).toEqual([])
})

test('[R3] a record that somebody changed meanwhile is not overwritten', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  const key = { group: '', kind: 'Secret', namespace, name: 'sh.helm.release.v1.web.v1' }
  const watcher = {
    before(step: { readonly kind: string }) {
      if (step.kind === 'update-record')
        bench.cluster.edit(key, 'helm', (live) => ({
          ...live,
          metadata: { ...live.metadata, labels: { changed: 'x' } },
        }))
    },
  }
  const end = await bench.run(installRelease(targetOf(), content, optionsOf()), { watcher })
  expect(end).toMatchObject({
    ok: false,
    failure: { message: 'the record was changed by somebody else meanwhile' },
    release: { version: 1 },
  })
  expect(bench.cluster.find(key)?.metadata.labels).toEqual({ changed: 'x' })
})

test('[R3] a revision is superseded although somebody else touched its record meanwhile', async () => {
  const bench = createReleaseBench()
  const content = contentOf([configMap('a')])
  await bench.run(installRelease(targetOf(), content, optionsOf()))
  const key = { group: '', kind: 'Secret', namespace, name: 'sh.helm.release.v1.web.v1' }
  let isTouched = false
  const watcher = {
    before(step: { readonly kind: string }) {
      if (step.kind !== 'update-record' || isTouched) return
      isTouched = true
      bench.cluster.edit(key, 'kubectl', (live) => ({
        ...live,
        metadata: { ...live.metadata, labels: { ...live.metadata.labels, note: 'x' } },
      }))
    },
  }
  const end = await bench.run(upgradeRelease(targetOf(), content, optionsOf()), { watcher })
  expect([end.ok, isTouched]).toEqual([true, true])
  expect(bench.cluster.find(key)?.metadata.labels).toMatchObject({ status: 'superseded' })
})

test('[R4] a release that no Secret can hold is refused before anything is applied', async () => {
  const bench = createReleaseBench()
  const large = { ...contentOf([configMap('a')]), config: { noise: randomText(1_400_000) } }
  const end = await bench.run(installRelease(targetOf(), large, optionsOf()))
  expect(end).toMatchObject({ ok: false, retryable: false, failure: { code: 'RecordNotStored' } })
  expect(end.ok ? '' : end.failure.message).toMatch(/takes \d+ bytes and a Secret holds 1048576/)
  expect(bench.cluster.writes()).toEqual([])
})

/** Text that does not compress. */
function randomText(length: number): string {
  let state = 1
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += state.toString(36)
  }
  return text
}
