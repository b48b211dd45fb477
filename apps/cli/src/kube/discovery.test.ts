import { resourceName } from '@kedge/cluster'
import { expect, test } from 'vitest'
import { findResource, resourcesOfCategory, type ServedResource } from './discovery.ts'

const common = { namespaced: true, verbs: ['get', 'list'], shortNames: [], categories: [] }
const kustomizations = {
  ...common,
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  resource: 'kustomizations',
  singular: 'kustomization',
  shortNames: ['ks'],
  categories: ['all', 'fluxcd'],
}
const services = { ...common, version: 'v1', kind: 'Service', resource: 'services', singular: 'service' }
const served: readonly ServedResource[] = [
  { ...services, group: '', shortNames: ['svc'], categories: ['all'] },
  { ...kustomizations, version: 'v1' },
  { ...kustomizations, version: 'v1beta2' },
  { ...services, group: 'serving.knative.dev' },
]

test.each([
  ['svc', 'services', 'v1'],
  ['Service', 'services', 'v1'],
  ['services.serving.knative.dev', 'services.serving.knative.dev', 'v1'],
  ['ks', 'kustomizations.kustomize.toolkit.fluxcd.io', 'v1'],
  ['kustomization.v1beta2.kustomize.toolkit.fluxcd.io', 'kustomizations.kustomize.toolkit.fluxcd.io', 'v1beta2'],
])('%s means %s in %s', (word, name, version) => {
  const found = findResource(word, served)
  expect([resourceName(found), found.version]).toEqual([name, version])
})

test('an unknown word says how to see what there is', () => {
  expect(() => findResource('widgets', served)).toThrow(/no resource type "widgets".*api-resources/)
})

test('a category lists each resource once, in its preferred version', () => {
  expect(resourcesOfCategory('fluxcd', served).map((resource) => resource.version)).toEqual(['v1'])
})
