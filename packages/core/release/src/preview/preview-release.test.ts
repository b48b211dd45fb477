import type { Result } from '@kedge/base'
import type { Preview } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { installRelease } from '../actions/install-release.ts'
import {
  configMap,
  contentOf,
  createReleaseBench,
  optionsOf,
  targetOf,
  type ReleaseBench,
} from '../testing/release-bench.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'
import { previewRelease } from './preview-release.ts'

interface Asked {
  readonly options?: Partial<ActionOptions>
  readonly target?: Partial<ReleaseTarget>
}

async function look(bench: ReleaseBench, content: ReleaseContent, { options, target }: Asked = {}) {
  const writes = bench.cluster.writes().length
  const end = await bench.run(previewRelease(targetOf(target), content, optionsOf(options)))
  expect(bench.cluster.writes().length).toBe(writes)
  return end
}

function linesOf(end: Result<Preview>): readonly string[] {
  if (!end.ok) return [end.failure.message]
  const { plan, failures } = end.value
  return [
    ...plan.waves.flatMap(({ changes }) =>
      changes.map(({ kind, target: { ref } }) => `${kind} ${ref.kind}/${ref.name}`),
    ),
    ...plan.prune.map(({ entry, verdict }) => `${verdict.kind} ${entry.kind}/${entry.name}`),
    ...failures.map(({ message }) => message),
  ]
}

const lamps: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'lamps.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Lamp', plural: 'lamps' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}
const lamp: KubeObject = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'desk' } }
const crds = [{ path: 'web/crds/lamps.yaml', text: JSON.stringify(lamps) }]

test('[P1] a preview says what an install creates, and what an upgrade changes, leaves and deletes', async () => {
  const bench = createReleaseBench()
  const first = contentOf([configMap('same'), configMap('other'), configMap('gone')])
  expect(linesOf(await look(bench, first))).toEqual([
    'create ConfigMap/same',
    'create ConfigMap/other',
    'create ConfigMap/gone',
  ])
  expect(await bench.run(installRelease(targetOf(), first, optionsOf()))).toMatchObject({ ok: true })
  const second = contentOf([configMap('same'), configMap('other', { a: '2' }), configMap('new')])
  expect(linesOf(await look(bench, second))).toEqual([
    'none ConfigMap/same',
    'update ConfigMap/other',
    'create ConfigMap/new',
    'delete ConfigMap/gone',
  ])
})

test('[P2] definitions and the namespace come with the release and carry no mark of it', async () => {
  const bench = createReleaseBench()
  const asked = { options: { createNamespace: true }, target: { namespace: 'fresh' } }
  const end = await look(bench, contentOf([lamp], { crds }), asked)
  expect(linesOf(end)).toEqual([
    'create CustomResourceDefinition/lamps.example.com',
    'create Namespace/fresh',
    'defer Lamp/desk',
  ])
  const sent = end.ok ? end.value.plan.waves.flatMap(({ changes }) => changes.map(({ target }) => target.object)) : []
  expect(sent.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'])).toEqual([
    undefined,
    undefined,
    'Helm',
  ])
})

test('[P2] a definition that is there is left as it is, but for the policy that replaces it', async () => {
  const bench = createReleaseBench()
  bench.cluster.put(lamps)
  const changed = [
    { path: 'web/crds/lamps.yaml', text: JSON.stringify({ ...lamps, spec: { ...(lamps['spec'] as object), x: 1 } }) },
  ]
  const content = contentOf([], { crds: changed })
  const [created] = linesOf(await look(bench, content))
  expect(created).toBe('skip CustomResourceDefinition/lamps.example.com')
  expect(linesOf(await look(bench, content, { options: { crds: 'CreateReplace' } }))).toEqual([
    'update CustomResourceDefinition/lamps.example.com',
  ])
  expect(linesOf(await look(bench, content, { options: { crds: 'Skip' } }))).toEqual([])
})

test('[P3] a kind that nobody defines and an object of another release fail the preview', async () => {
  const bench = createReleaseBench()
  expect(linesOf(await look(bench, contentOf([lamp])))).toEqual([expect.stringContaining('no matches for kind "Lamp"')])
  const other = targetOf({ id: 'shop/other', name: 'other' })
  const content = contentOf([configMap('a')])
  expect(await bench.run(installRelease(other, content, optionsOf()))).toMatchObject({ ok: true })
  expect(linesOf(await look(bench, content))).toEqual([
    expect.stringContaining('must equal "web": current value is "other"'),
  ])
  expect(linesOf(await look(bench, content, { options: { takeOwnership: true } }))).toEqual(['update ConfigMap/a'])
})
