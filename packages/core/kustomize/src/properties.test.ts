import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { FailureError } from '@kedge/base'
import { expect, test } from 'vitest'
import { build, createBuildCaches } from './build.ts'
import { deployment, failureOf, treeOf } from './testing/tree.ts'

type Files = Readonly<Record<string, string>>

/** Draws of a fixed sequence, so that a failing case can be run again. */
class Draws {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }

  of(choices: readonly string[]): string {
    return choices[this.below(choices.length)] ?? ''
  }
}

const kinds = ['Service', 'ConfigMap', 'Secret', 'Widget', 'List', '']
const names = ['a', 'b', 'web', '', '__proto__', '"1"']
const files = ['a.yaml', 'b.yaml', '../base', '../base/a.yaml', '.', '..', 'none.yaml', 'https://example.org/x']
const patches = [
  '[{op: add, path: /metadata/labels, value: {a: b}}]',
  '[{op: remove, path: /spec/none}]',
  '{apiVersion: v1, kind: Service, metadata: {name: a}, $patch: delete}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {k: null}}',
  'nonsense',
]

function randomObject(draws: Draws): string {
  const kind = draws.of(kinds)
  const body = draws.of(['data: {k: v}', 'spec: [1, {a: *x}]', 'items: [{kind: Service}]', '__proto__: {a: 1}', '- x'])
  return `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${draws.of(names)}\n${body}\n`
}

function randomKustomization(draws: Draws): string {
  const fields = [
    `resources: [${draws.of(files)}, ${draws.of(files)}]`,
    `components: [${draws.of(files)}]`,
    `namePrefix: ${draws.of(['p-', '""', '[]', '1'])}`,
    `namespace: ${draws.of(['n', '""', '{}', 'null'])}`,
    `commonLabels: {${draws.of(['a: b', '__proto__: x', 'a: 1', ''])}}`,
    `configMapGenerator: [{name: ${draws.of(names)}, literals: [${draws.of(['a=b', '=', 'a', '__proto__=1'])}]}]`,
    `patches: [{patch: '${draws.of(patches)}', target: {kind: '${draws.of([...kinds, '(', '.*'])}'}}]`,
    `images: [{name: ${draws.of(names)}, newTag: ${draws.of(['1', '"1"', '{}'])}}]`,
    `replacements: [{source: {kind: Service}, targets: [{select: {name: a}, fieldPaths: [${draws.of(['spec.x', '"[a"', '*', 'metadata.name'])}]}]}]`,
    draws.of(['---', '%YAML', ': :', 'unknown: 1', '# text']),
  ]
  return `${fields.filter(() => draws.below(3) === 0).join('\n')}\n`
}

function randomTree(seed: number): Files {
  const draws = new Draws(seed)
  const tree: Record<string, string> = {}
  for (const folder of ['base', 'over']) {
    tree[`${folder}/kustomization.yaml`] = randomKustomization(draws)
    for (const name of ['a.yaml', 'b.yaml']) tree[`${folder}/${name}`] = randomObject(draws)
  }
  return tree
}

/** The output of a build, or the message of its failure; anything else that is thrown fails the test. */
function outcome(run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (error instanceof FailureError) return `failed: ${error.message}`
    throw error
  }
}

const seeds = Array.from({ length: 400 }, (_, seed) => seed)

test('[K1] random trees build or fail with a cause, and always alike', () => {
  const caches = createBuildCaches()
  let built = 0
  for (const seed of seeds) {
    const tree = treeOf(randomTree(seed))
    const first = outcome(() => build(tree, 'over').toYaml())
    if (!first.startsWith('failed')) built++
    expect(outcome(() => build(tree, 'over').toYaml())).toBe(first)
    expect(outcome(() => build(tree, 'over', { caches }).toYaml())).toBe(first)
  }
  expect(built).toBeGreaterThan(10)
})

test('[K1] random kustomizations fail with the place in a file', () => {
  for (const seed of seeds) {
    try {
      build(treeOf(randomTree(seed)), 'over')
    } catch (error) {
      expect((error as FailureError).failure.origin?.file ?? String(error)).toMatch(/^(?:base|over)/)
    }
  }
})

function object(kind: string, name: string): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`
}

test('[K2] the order of unrelated files does not change what becomes of each object', () => {
  const draws = new Draws(7)
  const all = Array.from({ length: 12 }, (_, index) => `f${index}.yaml`)
  const objects = Object.fromEntries(all.map((name, index) => [name, object('Service', `s${index}`)]))
  const documents = (order: readonly string[]): readonly string[] =>
    build(treeOf({ ...objects, 'kustomization.yaml': `resources: [${order.join(', ')}]\nnamePrefix: p-\n` }), '')
      .toYaml()
      .split('---\n')
      .toSorted()
  const expected = documents(all)
  for (let round = 0; round < 10; round++) {
    const shuffled = all.toSorted(() => draws.below(3) - 1)
    expect(documents(shuffled)).toEqual(expected)
  }
})

test('[K1] a worker builds what the main thread builds', async () => {
  const tree = { 'kustomization.yaml': 'resources: [web.yaml]\nnamespace: shop\n', 'web.yaml': deployment }
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { build } = await import(workerData.kustomize)
    const { treeFromFiles } = await import(workerData.tree)
    parentPort.postMessage(build(treeFromFiles(workerData.files), '').toYaml())
  `
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
    workerData: {
      kustomize: new URL('index.ts', import.meta.url).href,
      tree: import.meta.resolve('@kedge/tree'),
      files: new Map(Object.entries(tree).map(([name, text]) => [name, text.replace(/^\n/, '')])),
    },
  })
  const [answer] = (await once(worker, 'message')) as [string]
  await worker.terminate()
  expect(answer).toBe(build(treeOf(tree), '').toYaml())
})

test('[K13] bases that lead back to each other are a failure', () => {
  const tree = treeOf({
    'a/kustomization.yaml': 'resources: [../b]\n',
    'b/kustomization.yaml': 'resources: [../c]\n',
    'c/kustomization.yaml': 'resources: [../a]\n',
  })
  const failure = failureOf(() => build(tree, 'a'))
  expect(failure.code).toBe('kustomize-cycle')
  expect(failure.origin?.file).toBe('c/kustomization.yaml')
})

test('[K13] anchors that explode are a failure', () => {
  const levels = Array.from({ length: 12 }, (_, index) => {
    const inner = index === 0 ? 'x' : Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')
    return `  k${index}: &a${index} [${inner}]`
  })
  const text = `${object('ConfigMap', 'bomb')}data:\n${levels.join('\n')}\n`
  const failure = failureOf(() =>
    build(treeOf({ 'kustomization.yaml': 'resources: [bomb.yaml]\n', 'bomb.yaml': text }), ''),
  )
  expect(failure.origin?.file).toBe('bomb.yaml')
})

test('[K13] a line of ten million characters is read and printed', () => {
  const long = 'x'.repeat(10_000_000)
  const text = `${object('ConfigMap', 'long')}data:\n  text: ${long}\n`
  const tree = treeOf({ 'kustomization.yaml': 'resources: [long.yaml]\nnamePrefix: p-\n', 'long.yaml': text })
  expect(build(tree, '').toYaml().length).toBeGreaterThan(long.length)
})

test('[K13] nesting without end is a failure', () => {
  const text = `${object('ConfigMap', 'deep')}data: ${'['.repeat(200_000)}\n`
  const tree = treeOf({ 'kustomization.yaml': 'resources: [deep.yaml]\n', 'deep.yaml': text })
  expect(failureOf(() => build(tree, '')).origin?.file).toBe('deep.yaml')
})

test('[K13] ten thousand objects are built with references between them', () => {
  const objects = Array.from({ length: 10_000 }, (_, index) => object('Service', `s${index}`)).join('---\n')
  const tree = treeOf({ 'kustomization.yaml': 'resources: [all.yaml]\nnamePrefix: p-\n', 'all.yaml': objects })
  const { resources } = build(tree, '', { order: 'none' })
  expect(resources.length).toBe(10_000)
  expect(resources.at(-1)?.name).toBe('p-s9999')
})
