import type { FailureError } from '@kedge/base'
import type { FileTree } from '@kedge/tree'
import { expect, test } from 'vitest'
import { build, type BuildOptions, type BuildResult } from '../build.ts'
import { deployment, failureOf, treeOf } from '../testing/tree.ts'
import { withRemotes, type RemoteAnswer, type RemoteNeed } from './remotes.ts'

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

type Remote = FileTree | string | { readonly code: string; readonly message: string }

function answerTo(need: RemoteNeed, remotes: Readonly<Record<string, Remote>>): RemoteAnswer {
  const name = need.kind === 'repository' ? need.clone : need.kind === 'file' ? need.url : `${need.repo} ${need.name}`
  const found = remotes[name] ?? { code: 'RepositoryNotFound', message: `${name} is not there` }
  if (typeof found === 'string') return { kind: 'file', bytes: new TextEncoder().encode(found) }
  return 'code' in found ? { kind: 'failed', failure: found } : { kind: 'tree', tree: found }
}

/** Builds with these remotes, and tells what each round asked for. */
function buildWith(
  tree: FileTree,
  remotes: Readonly<Record<string, Remote>>,
  options: BuildOptions & { readonly limits?: { readonly maxNeeds: number; readonly maxRounds: number } } = {},
): { readonly result: BuildResult; readonly rounds: readonly (readonly string[])[] } {
  const { limits, ...rest } = options
  const steps = withRemotes((remote) => build(tree, '', { ...rest, remote }), limits)
  const rounds: (readonly string[])[] = []
  let step = steps.next()
  while (step.done !== true) {
    rounds.push(step.value.map(({ kind }) => kind))
    step = steps.next(step.value.map((need) => answerTo(need, remotes)))
  }
  return { result: step.value, rounds }
}

const namesOf = ({ resources }: BuildResult): readonly string[] => resources.map(({ name }) => name)

test('[K14] what one kustomization names is fetched together, and what it brings is built with its own bases', () => {
  const tree = treeOf({
    'kustomization.yaml':
      'resources:\n- https://example.com/x.yaml\n- git@example.com:org/repo.git//sub?ref=v1\ncomponents: [github.com/org/part]\n',
  })
  const { result, rounds } = buildWith(tree, {
    'https://example.com/x.yaml': configMap('file'),
    'git@example.com:org/repo.git': treeOf({
      'sub/kustomization.yaml': 'resources: [web.yaml, ../other]\nnamePrefix: a-\n',
      'sub/web.yaml': deployment,
      'other/kustomization.yaml': 'resources: [https://example.com/y.yaml]\n',
    }),
    'https://github.com/org/part': treeOf({
      'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -z\n',
    }),
    'https://example.com/y.yaml': configMap('deep'),
  })
  expect(rounds).toEqual([['file', 'repository', 'repository'], ['file']])
  expect(namesOf(result)).toEqual(['a-deep-z', 'file-z', 'a-web-z'])
})

test('[K14] an address that answers with something else than YAML, or not at all, is tried as a repository', () => {
  const tree = treeOf({
    'kustomization.yaml': 'resources:\n- https://a.example/org/repo\n- https://b.example/org/repo\n',
  })
  const repository = (name: string): FileTree =>
    treeOf({ 'kustomization.yaml': 'resources: [x.yaml]\n', 'x.yaml': configMap(name) })
  const steps = withRemotes((remote) => build(tree, '', { remote }))
  const asked: (readonly string[])[] = []
  let step = steps.next()
  while (step.done !== true) {
    asked.push(step.value.map((need) => (need.kind === 'repository' ? need.clone : need.kind)))
    step = steps.next(
      step.value.map((need): RemoteAnswer => {
        if (need.kind === 'repository') return { kind: 'tree', tree: repository(need.clone.slice(8, 9)) }
        return need.kind === 'file' && need.url.includes('a.example')
          ? { kind: 'file', bytes: new TextEncoder().encode('<html><p class="a: b">x: y: z\n\t</p></html>') }
          : { kind: 'failed', failure: { code: 'ServerError', message: 'it answers with 404' } }
      }),
    )
  }
  expect(namesOf(step.value)).toEqual(['a', 'b'])
  expect(asked[0]).toEqual(['file', 'file'])
})

test('[K14] what cannot be fetched fails the build at the line that names it', () => {
  const tree = treeOf({ 'kustomization.yaml': 'resources:\n- https://user:secret@example.com/org/repo//x?ref=v9\n' })
  const failure = failureOf(() => buildWith(tree, {}))
  expect(failure).toMatchObject({ code: 'kustomize-remote', origin: { file: 'kustomization.yaml', line: 2 } })
  expect(failure.message).toContain("cannot fetch 'https://example.com/org/repo//x?ref=v9'")
  expect(JSON.stringify(failure)).not.toContain('secret@example.com/org/repo//x')
})

test('[K14] a remote base may name nothing outside its own folder, and no base outside its repository', () => {
  const tree = treeOf({ 'kustomization.yaml': 'resources: [github.com/org/repo//a]\n', 'secret.yaml': configMap('s') })
  const build1 = (kustomization: string) =>
    failureOf(() =>
      buildWith(
        tree,
        { 'https://github.com/org/repo': treeOf({ 'a/kustomization.yaml': kustomization, 'b.yaml': configMap('b') }) },
        { loadRestriction: 'none' },
      ),
    )
  expect(build1('resources: [../b.yaml]\n')).toMatchObject({
    code: 'kustomize-load-restricted',
    message: expect.stringContaining('https://github.com/org/repo//b.yaml'),
    origin: { file: 'https://github.com/org/repo//a/kustomization.yaml', line: 1 },
  })
  expect(build1('resources: [../../secret.yaml]\n').message).toContain('is not a directory')
  expect(build1('resources: [../../]\n').code).toBe('kustomize-not-found')
})

test('[K14] a cycle through repositories is refused', () => {
  const tree = treeOf({ 'kustomization.yaml': 'resources: [github.com/org/a]\n' })
  const failure = failureOf(() =>
    buildWith(tree, {
      'https://github.com/org/a': treeOf({ 'kustomization.yaml': 'resources: [github.com/org/b]\n' }),
      'https://github.com/org/b': treeOf({ 'kustomization.yaml': 'resources: [github.com/org/a]\n' }),
    }),
  )
  expect(failure).toMatchObject({
    code: 'kustomize-cycle',
    origin: { file: 'https://github.com/org/b//kustomization.yaml', line: 1 },
  })
  expect(failure.message).toContain(
    "cycle detected: URI 'github.com/org/a' referenced by previous URI 'github.com/org/a'",
  )
})

test('[K14] an endless chain of remote bases ends at a limit', () => {
  const steps = withRemotes((remote) =>
    build(treeOf({ 'kustomization.yaml': 'resources:\n- github.com/org/a?ref=1\n' }), '', { remote }),
  )
  let step = steps.next()
  const run = (): void => {
    for (let next = 2; step.done !== true; next++) {
      step = steps.next([
        { kind: 'tree', tree: treeOf({ 'kustomization.yaml': `resources:\n- github.com/org/a?ref=${next}0\n` }) },
      ])
    }
  }
  expect(failureOf(run).code).toBe('kustomize-limit')
})

test('[K14] more remotes than allowed are not even asked for', () => {
  const names = [1, 2, 3].map((index) => `- https://example.com/${index}.yaml\n`).join('')
  const tree = treeOf({ 'kustomization.yaml': `resources:\n${names}` })
  const failure = failureOf(() => buildWith(tree, {}, { limits: { maxNeeds: 2, maxRounds: 9 } }))
  expect(failure.code).toBe('kustomize-limit')
})

test('[K15] a chart that is not in the tree is fetched from its repository, and one in the tree wins', () => {
  const rendered: string[] = []
  const charts = {
    render: ({ tree, path, values }: { tree: FileTree; path: string; values: readonly unknown[] }): string => {
      rendered.push(JSON.stringify([new TextDecoder().decode(tree.file(`${path}/Chart.yaml`)?.bytes), values]))
      return configMap(`c${rendered.length}`)
    },
  }
  const tree = treeOf({
    'kustomization.yaml':
      'helmCharts:\n- {name: web, repo: https://charts.example, version: 1.0.0}\n- {name: own, repo: https://charts.example}\n- name: far\n  repo: oci://r.example/charts\n  valuesFile: charts/far/values-prod.yaml\n  valuesInline: {b: 2}\n',
    'charts/own/Chart.yaml': 'name: own',
    'charts/own/values.yaml': 'a: 0',
  })
  const { rounds } = buildWith(
    tree,
    {
      'https://charts.example web': treeOf({ 'Chart.yaml': 'name: web', 'values.yaml': 'a: 1' }),
      'oci://r.example/charts far': treeOf({ 'Chart.yaml': 'name: far', 'values-prod.yaml': 'a: 2' }),
    },
    { charts },
  )
  expect(rounds).toEqual([['chart', 'chart']])
  expect(rendered.slice(-3)).toEqual([
    '["name: web",[{"a":1}]]',
    '["name: own",[{"a":0}]]',
    '["name: far",[{"a":2,"b":2}]]',
  ])
})

test('[K15] a chart that cannot be fetched fails at its entry', () => {
  const tree = treeOf({ 'kustomization.yaml': 'helmCharts:\n- name: web\n  repo: https://charts.example\n' })
  const charts = { render: () => '' }
  const refused = failureOf(() => build(tree, '', { charts }))
  expect(refused).toMatchObject({ code: 'kustomize-helm', origin: { file: 'kustomization.yaml', line: 2 } })
  const failed = failureOf(() => buildWith(tree, {}, { charts }))
  expect(failed).toMatchObject({ code: 'kustomize-helm', origin: { file: 'kustomization.yaml', line: 2 } })
  expect(failed.message).toContain("cannot pull chart 'https://charts.example web'")
})

test('[K14] errors that are no failures go through', () => {
  const attempt = (): object => {
    throw new Error('a bug')
  }
  expect(() => withRemotes(attempt).next()).toThrow('a bug' satisfies FailureError['message'])
})
