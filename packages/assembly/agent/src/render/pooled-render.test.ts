import { treeFromFiles } from '@kedge/tree'
import { expect, test } from 'vitest'

import { createPooledRender } from './pooled-render.ts'
import { inlineRender, rememberRenders } from './renderer.ts'

const timers = {
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

const request = {
  source: { kind: 'GitRepository', namespace: 'n', name: 'r' },
  artifact: { revision: 'main@sha1:1', digest: 'sha256:1' },
  path: './apps',
  build: {
    targetNamespace: undefined,
    namePrefix: undefined,
    nameSuffix: undefined,
    patches: [],
    images: [],
    components: [],
    ignoreMissingComponents: false,
    buildMetadata: [],
  },
  substitution: { variables: new Map([['x', 'filled']]), strict: true, always: false },
} as const

test('a directory is rendered in a worker thread, with its variables', async () => {
  await using pool = createPooledRender({ timers, workers: 1 })
  const tree = treeFromFiles({
    'apps/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: "${x}"}\n',
  })
  const answer = await pool.render(tree, request)
  expect(answer).toMatchObject({
    kind: 'rendered',
    objects: [{ object: { kind: 'ConfigMap', data: { k: 'filled' } }, origin: { file: 'apps/a.yaml', line: 1 } }],
  })
  expect(await pool.render(tree, { ...request, path: 'nowhere' })).toMatchObject({ kind: 'no-path' })
})

test('an input is rendered once, and again only when what it looked at has changed', async () => {
  let runs = 0
  const inline = inlineRender()
  const render = rememberRenders((tree, wanted) => {
    runs += 1
    return inline(tree, wanted)
  })
  const files = { 'apps/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' }
  await Promise.all([render(treeFromFiles(files), request), render(treeFromFiles(files), request)])
  await render(treeFromFiles(files), { ...request, artifact: { revision: 'other name', digest: 'sha256:1' } })
  await render(treeFromFiles({ ...files, 'elsewhere.yaml': 'x' }), request)
  expect(runs).toBe(1)
  const more = { ...files, 'apps/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n' }
  const answer = await render(treeFromFiles(more), request)
  expect(answer.kind === 'rendered' ? answer.objects.map(({ object }) => object.metadata.name) : answer).toEqual([
    'a',
    'b',
  ])
  await render(treeFromFiles({ ...more, 'apps/b.yaml': 'kind: [' }), request)
  await render(treeFromFiles({ ...more, 'apps/b.yaml': 'kind: [' }), request)
  expect(runs).toBe(4)
})
