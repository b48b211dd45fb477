import { treeFromFiles } from '@kedge/tree'
import { expect, test } from 'vitest'

import { createPooledRender } from './pooled-render.ts'
import { rememberRenders } from './renderer.ts'

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

test('equal inputs are rendered once, and a failure is not remembered', async () => {
  let runs = 0
  const render = rememberRenders((_, { path }) => {
    runs += 1
    const failure = { code: 'x', message: 'x' }
    return Promise.resolve(
      path === 'bad' ? { kind: 'failed', failure } : { kind: 'rendered', objects: [], digest: 'd' },
    )
  })
  const tree = treeFromFiles({ a: '1' })
  await Promise.all([render(tree, request), render(tree, request)])
  await render(tree, { ...request, artifact: { revision: 'other name', digest: 'sha256:1' } })
  expect(runs).toBe(1)
  await render(tree, { ...request, path: 'bad' })
  await render(tree, { ...request, path: 'bad' })
  await render(treeFromFiles({ a: '2' }), request)
  expect(runs).toBe(4)
})
