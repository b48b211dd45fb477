import { expect, test } from 'vitest'
import { BuildCache } from './build-cache.ts'
import { build, type BuildOptions } from './build.ts'
import { deployment, treeOf } from './testing/tree.ts'

const files = {
  'base/kustomization.yaml': 'resources: [web.yaml]\n',
  'base/web.yaml': deployment,
  'over/kustomization.yaml': 'resources: [../base]\npatches:\n- path: patch.yaml\n',
  'over/patch.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n',
  'other/kustomization.yaml': 'resources: [../base]\nnamePrefix: x-\n',
  'plain/a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n',
}

function reusedAfter(changed: Readonly<Record<string, string>>, path: string, options: BuildOptions = {}): boolean {
  const cache = new BuildCache(10)
  cache.build(treeOf(files), path, options)
  const next = treeOf({ ...files, ...changed })
  const again = cache.build(next, path, options)
  expect(again.result.toYaml()).toBe(build(next, path, options).toYaml())
  return again.reused
}

test('[K11] a build is not run again while what it read is as it was', () => {
  expect(reusedAfter({}, 'over')).toBe(true)
  expect(reusedAfter({ 'other/kustomization.yaml': 'resources: [../base]\nnamePrefix: y-\n' }, 'over')).toBe(true)
})

test.each([
  ['a patch', { 'over/patch.yaml': files['over/patch.yaml'].replace('2', '7') }],
  ['a file of a base', { 'base/web.yaml': deployment.replace('replicas: 1', 'replicas: 5') }],
  ['the kustomization of a base', { 'base/kustomization.yaml': 'resources: [web.yaml]\nnamePrefix: b-\n' }],
])('[K11] %s that changed runs the build again', (_what, changed) => {
  expect(reusedAfter(changed, 'over')).toBe(false)
})

test('[K11] a file that appears in a folder without kustomization runs the build again', () => {
  const appeared = { 'plain/below/b.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: b}\n' }
  expect(reusedAfter(appeared, 'plain', { generate: true })).toBe(false)
  expect(reusedAfter({ 'over/new.yaml': 'x: 1\n' }, 'plain', { generate: true })).toBe(true)
})

test('[K11] a kustomization that appears in a folder without one runs the build again', () => {
  const appeared = { 'plain/Kustomization': 'resources: [a.yaml]\nnamePrefix: z-\n' }
  expect(reusedAfter(appeared, 'plain', { generate: true })).toBe(false)
})

test('[K11] a cache forgets what was not used for longest', () => {
  const cache = new BuildCache(1)
  const tree = treeOf(files)
  cache.build(tree, 'over')
  cache.build(tree, 'other')
  expect(cache.build(tree, 'over').reused).toBe(false)
})

test('[K11] other options are another build', () => {
  const cache = new BuildCache(10)
  const tree = treeOf(files)
  cache.build(tree, 'over')
  expect(cache.build(tree, 'over', { edits: { namePrefix: 'e-' } }).result.resources[0]?.name).toBe('e-web')
})

test('[K11] bases shared by builds of one cache do not leak changes into each other', () => {
  const cache = new BuildCache(10)
  const tree = treeOf(files)
  for (const path of ['over', 'other', 'base', 'over']) {
    expect(cache.build(tree, path).result.toYaml()).toBe(build(tree, path).toYaml())
  }
})
