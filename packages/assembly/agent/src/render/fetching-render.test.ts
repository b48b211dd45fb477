import { FailureError, type Timers } from '@kedge/base'
import type { RemoteFetcher } from '@kedge/source'
import { treeFromFiles, type FileTree } from '@kedge/tree'
import { expect, test } from 'vitest'

import { fetchingRender } from './fetching-render.ts'
import { createPooledRender } from './pooled-render.ts'
import { inlineRender, rememberRenders, type Render } from './renderer.ts'

const request = {
  source: { kind: 'GitRepository', namespace: 'n', name: 'r' },
  artifact: { revision: 'main@sha1:1', digest: 'sha256:1' },
  path: 'app',
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
  substitution: undefined,
} as const

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
const tree = treeFromFiles({
  'app/kustomization.yaml': 'resources:\n- https://git.example/org/base//x?ref=v1\n- https://files.example/a.yaml\n',
})

function fetcherOf(repository: () => FileTree): RemoteFetcher {
  return {
    file: (url) =>
      url.includes('files.example')
        ? Promise.resolve(new TextEncoder().encode(configMap('file')))
        : Promise.reject(new FailureError({ code: 'RepositoryNotFound', message: 'no file' })),
    repository: async () => ({ ...(await Promise.resolve(forwarding(repository()))), realPath: (path) => path }),
  }
}

function forwarding(from: FileTree): FileTree {
  return {
    digest: from.digest,
    kindOf: (path) => from.kindOf(path),
    file: (path) => from.file(path),
    list: (path) => from.list(path),
  }
}

async function namesOf(render: Render): Promise<unknown> {
  const answer = await render(tree, request)
  return answer.kind === 'rendered' ? answer.objects.map(({ object }) => object.metadata.name) : answer
}

const base = (name: string): FileTree =>
  treeFromFiles({ 'x/kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: b-\n', 'x/a.yaml': configMap(name) })

const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

test('remote bases are refused with the place that names them and the flag that allows them', async () => {
  expect(await inlineRender()(tree, request)).toMatchObject({
    kind: 'failed',
    failure: {
      code: 'kustomize-remote',
      origin: { file: 'app/kustomization.yaml', line: 2 },
      fix: expect.stringContaining('--allow-remote-base'),
    },
  })
})

test('remote bases and files are fetched and rendered, in line and in a worker', async () => {
  const fetcher = fetcherOf(() => base('a'))
  expect(await namesOf(fetchingRender(inlineRender(), fetcher))).toEqual(['b-a', 'file'])
  await using pool = createPooledRender({ timers, workers: 1 })
  expect(await namesOf(fetchingRender(pool.render, fetcher))).toEqual(['b-a', 'file'])
})

test('what came from elsewhere is asked for anew each time', async () => {
  let name = 'first'
  const render = rememberRenders(
    fetchingRender(
      inlineRender(),
      fetcherOf(() => base(name)),
    ),
  )
  expect(await namesOf(render)).toEqual(['b-first', 'file'])
  name = 'second'
  expect(await namesOf(render)).toEqual(['b-second', 'file'])
})

test('a remote base that cannot be fetched fails at the line that names it', async () => {
  const fetcher = fetcherOf(() => {
    throw new FailureError({ code: 'ConnectionFailed', message: 'the host does not answer', fix: 'wait' })
  })
  expect(await namesOf(fetchingRender(inlineRender(), fetcher))).toMatchObject({
    kind: 'failed',
    failure: {
      message: expect.stringContaining('the host does not answer'),
      origin: { file: 'app/kustomization.yaml', line: 2 },
      fix: 'wait',
    },
  })
})
