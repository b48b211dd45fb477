import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { deployment, failureOf, treeOf } from './testing/tree.ts'

const tree = treeOf({
  'base/kustomization.yaml': 'resources: [web.yaml]\n',
  'base/web.yaml': deployment,
  'over/kustomization.yaml': `
resources:
- ../base
patches:
- path: patch.yaml
replicas:
- name: web
  count: 7
`,
  'over/patch.yaml': '# more\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n',
})

test('[K12] a field is explained by every file and line that set it', () => {
  expect(explain(tree, 'over', { field: 'spec.replicas' })).toEqual([
    {
      object: 'Deployment/web',
      settings: [
        { by: 'resources', origin: { file: 'base/web.yaml', line: 6 }, value: '1' },
        { by: 'PatchTransformer', origin: { file: 'over/patch.yaml', line: 6 }, value: '2' },
        { by: 'ReplicaCountTransformer', origin: { file: 'over/kustomization.yaml', line: 6 }, value: '7' },
      ],
    },
  ])
})

test('[K12] a field that no object has is a failure', () => {
  expect(failureOf(() => explain(tree, 'over', { field: 'spec.nope' })).message).toBe(
    "no object has a field 'spec.nope'",
  )
})
