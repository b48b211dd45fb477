import { expect, test } from 'vitest'
import { build } from '../build.ts'
import { deployment, treeOf } from '../testing/tree.ts'
import { editKustomization, existingComponents, type KustomizationEdits } from './edit-kustomization.ts'

test('[K10] patches and components come after those of the file, and names replace those of the file', () => {
  const fields = { namespace: 'own', namePrefix: 'a-', patches: [{ path: 'own.yaml' }], components: ['c1'] }
  expect(
    editKustomization(fields, { namespace: 'asked', patches: [{ patch: 'x' }], components: ['c2'], namePrefix: '' }),
  ).toEqual({
    namespace: 'asked',
    namePrefix: 'a-',
    patches: [{ path: 'own.yaml' }, { patch: 'x' }],
    components: ['c1', 'c2'],
  })
})

test.each<[string, KustomizationEdits['images'], object]>([
  ['a new tag clears the digest', [{ name: 'web', newTag: '2' }], { name: 'web', newName: 'mine', newTag: '2' }],
  ['a digest clears the tag', [{ name: 'web', digest: 'd' }], { name: 'web', newName: 'mine', digest: 'd' }],
  [
    'a new name keeps the version',
    [{ name: 'web', newName: 'x' }],
    { name: 'web', newName: 'x', newTag: '1', digest: 'o' },
  ],
])('[K10] images of one name: %s', (_what, images, expected) => {
  const own = [{ name: 'web', newName: 'mine', newTag: '1', digest: 'o' }]
  expect(editKustomization({ images: own }, images === undefined ? {} : { images }).images).toEqual([expected])
})

test('[K10] edits work on a folder without a kustomization as on one with a file', () => {
  const files = { 'web.yaml': deployment }
  const edits = { namespace: 'shop', images: [{ name: 'registry.example:5000/web', newTag: '9' }] }
  const plain = build(treeOf(files), '', { generate: true, edits })
  const written = build(treeOf({ ...files, 'kustomization.yaml': 'resources: [web.yaml]\n' }), '', { edits })
  expect(plain.toYaml()).toBe(written.toYaml())
  expect(plain.toYaml()).toContain('registry.example:5000/web:9')
})

test('[K10] components that are not there can be left out', () => {
  const tree = treeOf({ 'apps/c/kustomization.yaml': 'kind: Component\n' })
  expect(existingComponents(tree, 'apps', ['c', 'd', '../apps/c'])).toEqual(['c', '../apps/c'])
})
