import { expect, test } from 'vitest'
import { findResource, qualifiedName, readDiscovery, resourcesOfCategory } from './discovery.ts'

const served = readDiscovery([
  {
    items: [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'services',
                responseKind: { kind: 'Service' },
                scope: 'Namespaced',
                singularResource: 'service',
                shortNames: ['svc'],
                categories: ['all'],
                verbs: ['get', 'list'],
              },
            ],
          },
        ],
      },
    ],
  },
  {
    items: [
      {
        metadata: { name: 'kustomize.toolkit.fluxcd.io' },
        versions: ['v1', 'v1beta2'].map((version) => ({
          version,
          resources: [
            {
              resource: 'kustomizations',
              responseKind: { kind: 'Kustomization' },
              scope: 'Namespaced',
              singularResource: 'kustomization',
              shortNames: ['ks'],
              categories: ['all', 'fluxcd'],
              verbs: ['get', 'list'],
            },
          ],
        })),
      },
      {
        metadata: { name: 'serving.knative.dev' },
        versions: [
          {
            version: 'v1',
            resources: [
              { resource: 'services', responseKind: { kind: 'Service' }, scope: 'Namespaced', verbs: ['get'] },
            ],
          },
        ],
      },
    ],
  },
])

test.each([
  ['svc', 'services', 'v1'],
  ['Service', 'services', 'v1'],
  ['services.serving.knative.dev', 'services.serving.knative.dev', 'v1'],
  ['ks', 'kustomizations.kustomize.toolkit.fluxcd.io', 'v1'],
  ['kustomization.v1beta2.kustomize.toolkit.fluxcd.io', 'kustomizations.kustomize.toolkit.fluxcd.io', 'v1beta2'],
])('%s means %s in %s', (word, name, version) => {
  const found = findResource(word, served)
  expect([qualifiedName(found), found.version]).toEqual([name, version])
})

test('an unknown word says how to see what there is', () => {
  expect(() => findResource('widgets', served)).toThrow(/no resource type "widgets".*api-resources/)
})

test('a category lists each resource once, in its preferred version', () => {
  expect(resourcesOfCategory('fluxcd', served).map((resource) => resource.version)).toEqual(['v1'])
})
