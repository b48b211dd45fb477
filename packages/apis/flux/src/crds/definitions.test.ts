import { expect, test } from 'vitest'

import { externalArtifactCrd } from './external-artifact-crd.ts'
import { gitRepositoryCrd } from './git-repository-crd.ts'
import { helmChartCrd } from './helm-chart-crd.ts'
import { helmRepositoryCrd } from './helm-repository-crd.ts'
import { kustomizationCrd } from './kustomization-crd.ts'
import { ociRepositoryCrd } from './oci-repository-crd.ts'

interface Definition {
  readonly group: string
  readonly names: { readonly shortNames: readonly string[]; readonly categories: readonly string[] }
  readonly versions: readonly {
    readonly name: string
    readonly storage: boolean
    readonly additionalPrinterColumns: readonly { readonly name: string }[]
    readonly schema: {
      readonly openAPIV3Schema: { readonly properties: Record<string, { readonly default?: unknown }> }
    }
  }[]
}

test.each([
  [gitRepositoryCrd(), 'gitrepo', 'fluxcd-sources', ['URL', 'Age', 'Ready', 'Status']],
  [helmRepositoryCrd(), 'helmrepo', 'fluxcd-sources', ['URL', 'Age', 'Ready', 'Status']],
  [
    helmChartCrd(),
    'hc',
    'fluxcd-sources',
    ['Chart', 'Version', 'Source Kind', 'Source Name', 'Age', 'Ready', 'Status'],
  ],
  [ociRepositoryCrd(), 'ocirepo', 'fluxcd-sources', ['URL', 'Ready', 'Status', 'Age']],
  [kustomizationCrd(), 'ks', 'fluxcd-appliers', ['Age', 'Ready', 'Status']],
])(
  'definition %#: short name, categories, columns, versions and default status are as Flux has them',
  (crd, short, category, columns) => {
    const spec = crd['spec'] as Definition
    expect(crd.metadata.name).toBe(`${(crd['spec'] as { names: { plural: string } }).names.plural}.${spec.group}`)
    expect(crd.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' })
    expect(crd.metadata.labels?.['app.kubernetes.io/part-of']).toBe('flux')
    expect(spec.names.shortNames).toEqual([short])
    expect(spec.names.categories).toEqual(['all', 'fluxcd', category])
    expect(spec.versions.map(({ name, storage }) => [name, storage])).toEqual([
      ['v1', true],
      ['v1beta2', false],
    ])
    for (const version of spec.versions) {
      expect(version.additionalPrinterColumns.map(({ name }) => name)).toEqual(columns)
      expect(version.schema.openAPIV3Schema.properties['status']?.default).toEqual({ observedGeneration: -1 })
    }
  },
)

test('an ExternalArtifact is written by others: one version, and no status that waits for a reconciler', () => {
  const { names, versions } = externalArtifactCrd()['spec'] as Definition
  expect(names.shortNames).toEqual(['ea'])
  expect(versions.map(({ name, storage }) => [name, storage])).toEqual([['v1', true]])
  const [version] = versions
  expect(version?.additionalPrinterColumns.map(({ name }) => name)).toEqual(['Age', 'Ready', 'Status', 'Source'])
  expect(version?.schema.openAPIV3Schema.properties['status']?.default).toBeUndefined()
})
