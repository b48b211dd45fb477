import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { defaultSettings, type PassContext } from '../reconcile/settings.ts'
import { type FluxEffect } from '../reconcile/effects.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { reconcileArtifactGenerator } from './artifact-generator.ts'

const context: PassContext = {
  nowMs: 0,
  now: '2026-01-01T00:00:00Z',
  random: 0.5,
  deletionMs: () => 0,
  elapsedMs: () => 0,
  settings: defaultSettings,
  expressions: { check: () => undefined, ready: () => ({ ok: true, value: true }) },
}

/** The cluster as the reconciler can see and change it. */
interface Cluster {
  generator: KubeObject | undefined
  readonly externals: Map<string, KubeObject>
  writes: number
}

const source = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'repo', namespace: 'home' },
  status: { artifact: { revision: 'main@sha1:1', digest: 'sha256:1' } },
}

const copy = [{ from: '@git/', to: '@artifact/' }]
const spec = (names: readonly string[]): object => ({
  sources: [{ alias: 'git', kind: 'GitRepository', name: 'repo' }],
  artifacts: names.map((name) => ({ name, copy })),
})

function newCluster(names: readonly string[]): Cluster {
  const generator: KubeObject = {
    apiVersion: 'source.extensions.fluxcd.io/v1beta1',
    kind: 'ArtifactGenerator',
    metadata: { name: 'apps', namespace: 'home', uid: 'u1', generation: 1 },
    spec: spec(names),
  }
  return { generator, externals: new Map(), writes: 0 }
}

function edit(cluster: Cluster, names: readonly string[]): void {
  const { generator } = cluster
  const generation = (generator?.metadata.generation ?? 0) + 1
  cluster.generator = { ...generator!, metadata: { ...generator!.metadata, generation }, spec: spec(names) }
}

function carryOut(cluster: Cluster, effect: FluxEffect): unknown {
  switch (effect.kind) {
    case 'read':
      return effect.ref.kind === 'ExternalArtifact' ? cluster.externals.get(effect.ref.name) : source
    case 'set-finalizers': {
      const generator = cluster.generator!
      const isGone = effect.finalizers.length === 0 && generator.metadata.deletionTimestamp !== undefined
      cluster.generator = isGone
        ? undefined
        : { ...generator, metadata: { ...generator.metadata, finalizers: effect.finalizers } }
      return null
    }
    case 'generate':
      return {
        kind: 'generated',
        artifacts: effect.request.spec.artifacts.map(({ name }) => ({
          name,
          labels: {},
          artifact: {
            revision: 'latest@sha256:a',
            digest: 'sha256:a',
            path: `${name}/a.tar.gz`,
            url: 'http://x',
            size: 1,
          },
          metadata: {},
        })),
      }
    case 'list-generated':
      return [...cluster.externals.values()]
    case 'settle-external': {
      if (effect.isStored) return null
      const { object, status } = effect.write
      cluster.externals.set(object.metadata.name ?? '', { ...object, status })
      cluster.writes += 1
      return null
    }
    case 'delete-external':
      cluster.externals.delete(effect.external.metadata.name ?? '')
      cluster.writes += 1
      return null
    default:
      throw new Error(`an unexpected effect: ${effect.kind}`)
  }
}

/** Runs a pass; with `effects` it dies after so many. Returns how it ended, and undefined when it died. */
function run(cluster: Cluster, effects = Infinity): PassEnd | undefined {
  const program = reconcileArtifactGenerator(cluster.generator!, context)
  let step = program.next()
  for (let done = 0; !step.done; done += 1) {
    if (done === effects) return undefined
    step = program.next(carryOut(cluster, step.value) as never)
  }
  const { status } = step.value
  if (status !== undefined && cluster.generator !== undefined) cluster.generator = { ...cluster.generator, status }
  return step.value
}

const namesOf = ({ externals }: Cluster): readonly string[] => [...externals.keys()].toSorted()

test('[GA9] a pass that dies anywhere is made good by the next, which a third leaves as it is', () => {
  for (let effects = 0; effects < 20; effects += 1) {
    const cluster = newCluster(['one', 'two', 'three'])
    run(cluster, effects)
    expect(run(cluster)?.next.kind).toBe('done')
    expect(namesOf(cluster)).toEqual(['one', 'three', 'two'])
    const { writes, generator } = cluster
    const again = run(cluster)
    expect(again?.notes).toEqual([])
    expect(again?.status).toEqual(generator?.['status'])
    expect(cluster.writes).toBe(writes)
  }
})

test('[GA10] what is made no longer goes, though the pass that made it died before it could note it', () => {
  for (let effects = 0; effects < 20; effects += 1) {
    const cluster = newCluster(['one', 'two'])
    run(cluster, effects)
    edit(cluster, ['two', 'three'])
    run(cluster, effects)
    run(cluster)
    expect(namesOf(cluster)).toEqual(['three', 'two'])
  }
})

test('[GA10] a deletion that dies anywhere leaves nothing behind in the end, and frees the object last', () => {
  for (let effects = 0; effects < 12; effects += 1) {
    const cluster = newCluster(['one', 'two'])
    run(cluster)
    const { generator } = cluster
    cluster.generator = { ...generator!, metadata: { ...generator!.metadata, deletionTimestamp: context.now } }
    run(cluster, effects)
    if (cluster.generator === undefined) expect(namesOf(cluster)).toEqual([])
    else run(cluster)
    expect(namesOf(cluster)).toEqual([])
    expect(cluster.generator).toBeUndefined()
  }
})
