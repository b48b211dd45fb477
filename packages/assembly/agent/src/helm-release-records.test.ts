import { decodeRecord, encodeRecord, type StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Agent } from './agent.ts'
import { recordHost } from './cluster/release-ports.ts'
import { createGitRepo, type GitRepo } from './testing/git-repo.ts'
import { createWorld, dataOf, home, isReady, type World } from './testing/world.ts'

let world: World
let repo: GitRepo

beforeEach(async () => {
  world = await createWorld()
  repo = createGitRepo()
  repo.commit({
    'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'chart/templates/cm.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {revision: "{{ .Release.Revision }}"}\n',
  })
})

afterEach(async () => {
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

const hr = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: home, name: 'web' }
const secrets = { group: '', version: 'v1', kind: 'Secret' }

async function helmRelease(spec: object = {}): Promise<void> {
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  const object = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'web', namespace: home },
    spec: { interval: '1h', chart: { spec: { chart: './chart', sourceRef } }, ...spec },
  }
  await world.cluster.apply(object, { fieldManager: 'test', force: true })
}

function history(object: KubeObject | undefined): readonly { version: number; action?: string }[] {
  const status = object?.['status'] as { history?: readonly { version: number; action?: string }[] } | undefined
  return status?.history ?? []
}

const isAt = (version: number) => (object: KubeObject | undefined) =>
  isReady(object) && history(object)[0]?.version === version

/** Waits for the first revision and for the agent to have nothing left to do; gives the HelmRelease then. */
async function installed(agent: Agent, spec: object = {}): Promise<KubeObject | undefined> {
  await world.gitRepository('repo', repo.url)
  await helmRelease(spec)
  await world.until(hr, isAt(1))
  await agent.idle()
  return world.cluster.get({ ...hr, version: 'v2' })
}

async function record(version: number): Promise<KubeObject> {
  const name = `sh.helm.release.v1.web.v${String(version)}`
  const found = await world.cluster.get({ ...secrets, namespace: home, name })
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

/** Writes what `helm rollback` writes: the content of a revision as a new one. */
function written(from: KubeObject, version: number, status: StoredRelease['info']['status']): KubeObject {
  const release = decodeRecord(from, recordHost)
  const info = { ...release.info, status, description: 'Rollback to 1' }
  const secret = encodeRecord({ ...release, version, info }, { kind: 'createdAt', seconds: 1 }, recordHost)
  return { ...secret, metadata: { ...secret.metadata, namespace: home } }
}

test.each([{}, { upgrade: { preserveValues: true } }])(
  'what helm writes into the records is seen at once, and the release brought back to what is wanted (%#)',
  async (spec) => {
    await using running = await world.startAgent()
    await installed(running.agent, spec)
    await world.cluster.create(written(await record(1), 2, 'deployed'))
    const object = await world.until(hr, isAt(3))
    expect(history(object)[0]?.action).toBe('upgrade')
    expect(dataOf(await world.get('ConfigMap', home, 'web'))).toEqual({ revision: '3' })
  },
)

test('helm that is still at work is not interrupted', async () => {
  await using running = await world.startAgent()
  const before = await installed(running.agent)
  await world.cluster.create(written(await record(1), 2, 'pending-rollback'))
  const pending = { ...secrets, namespace: home, name: 'sh.helm.release.v1.web.v2' }
  await world.until(pending, (object) => object !== undefined)
  await running.agent.idle()
  expect((await record(2)).metadata.labels).toMatchObject({ status: 'pending-rollback' })
  expect(await world.cluster.get({ ...hr, version: 'v2' })).toEqual(before)
  const { uid = '', resourceVersion = '' } = (await record(2)).metadata
  const settled = written(await record(1), 2, 'deployed')
  await world.cluster.update({ ...settled, metadata: { ...settled.metadata, uid, resourceVersion } })
  await world.until(hr, isAt(3))
})

test('a record that somebody deletes is missed at once', async () => {
  await using running = await world.startAgent()
  const before = await installed(running.agent)
  await world.cluster.delete({ ...secrets, namespace: home, name: 'sh.helm.release.v1.web.v1' })
  const after = await world.until(
    hr,
    (object) => isAt(1)(object) && object?.metadata.resourceVersion !== before?.metadata.resourceVersion,
  )
  expect(history(after)[0]?.action).toBe('install')
})
