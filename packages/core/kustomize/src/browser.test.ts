import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { beforeAll, expect, test } from 'vitest'
import { build } from './build.ts'
import { explain } from './explain.ts'
import { deployment, failureOf, treeOf } from './testing/tree.ts'

type Files = Readonly<Record<string, string>>

let script = ''

/** The package and all that it stands on, as one script for browsers. */
beforeAll(async () => {
  const entry = 'virtual:entry'
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? `${import.meta.dirname}/entry.ts` : undefined),
        load: (id) =>
          id.endsWith('/entry.ts')
            ? "export { build, explain } from './index.ts'; export { treeFromFiles } from '@kedge/tree'"
            : undefined,
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'kedge' })
  const [chunk, ...more] = output
  expect([chunk.imports, more]).toEqual([[], []])
  script = chunk.code
})

/** Runs a program in a context with the language and what every browser has for texts, and nothing of Node. */
function inBrowser(files: Files, program: string): unknown {
  const context = createContext({ TextDecoder, TextEncoder, atob, btoa, files: JSON.stringify(files) })
  const run = `const { build, explain, treeFromFiles } = kedge; const tree = treeFromFiles(JSON.parse(files)); ${program}`
  return JSON.parse(runInContext(`${script};(() => { ${run} })()`, context) as string)
}

const trees: readonly (readonly [string, Files])[] = [
  [
    'generators, patches and references',
    {
      'kustomization.yaml':
        'resources: [web.yaml]\nnamePrefix: a-\nconfigMapGenerator: [{name: settings, literals: [a=ü]}]\nsecretGenerator: [{name: s, literals: [k=v]}]\npatches:\n- target: {kind: Deploy.*}\n  patch: "- {op: add, path: /metadata/labels, value: {a: b}}"\n',
      'web.yaml': deployment.trimStart(),
    },
  ],
  [
    'bases, components, images, replacements and odd scalars',
    {
      'kustomization.yaml':
        'resources: [base]\ncomponents: [part]\nimages: [{name: registry.example:5000/web, newTag: "2"}]\nreplacements:\n- source: {kind: Deployment, fieldPath: metadata.name}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.name], options: {create: true}}]\n',
      'base/kustomization.yaml': 'resources: [web.yaml, c.yaml]\n',
      'base/web.yaml': deployment.trimStart(),
      'base/c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: 0x1F, b: 1e3, c: "yes", d: 2001-01-01, e: "é\\n"}\n',
      'part/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {x: "1"}, includeSelectors: true}]\n',
    },
  ],
]

test.each(trees)('[K1] a browser builds what Node builds: %s', (_what, files) => {
  const built = build(treeOf(files), '')
  expect(inBrowser(files, 'return JSON.stringify(build(tree, "").toYaml())')).toBe(built.toYaml())
})

test('[K1] a browser fails and explains as Node does', () => {
  const files = { 'kustomization.yaml': 'resources: [none.yaml]\n' }
  const caught = 'try { build(tree, "") } catch (error) { return JSON.stringify(error.failure) }'
  expect(inBrowser(files, caught)).toEqual(failureOf(() => build(treeOf(files), '')))
  const [, [, good]] = trees as readonly [unknown, readonly [string, Files]]
  const explained = inBrowser(good, 'return JSON.stringify(explain(tree, "", { field: "metadata.name" }))')
  expect(explained).toEqual(explain(treeOf(good), '', { field: 'metadata.name' }))
})
