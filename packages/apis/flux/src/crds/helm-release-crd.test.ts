import { expect, test } from 'vitest'

import { helmReleaseCrd } from './helm-release-crd.ts'
import { type Schema } from './schema.ts'

interface Version {
  readonly name: string
  readonly storage: boolean
  readonly schema: { readonly openAPIV3Schema: { readonly properties: Record<string, Node> } }
}

interface Node {
  readonly properties?: Record<string, Node>
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

const spec = helmReleaseCrd()['spec'] as {
  readonly names: Schema
  readonly versions: readonly Version[]
}

function node(path: string): Node | undefined {
  const [first = '', ...rest] = path.split('.')
  const root = spec.versions[0]?.schema.openAPIV3Schema.properties[first]
  return rest.reduce<Node | undefined>((at, name) => at?.properties?.[name], root)
}

test('a HelmRelease has the names, categories and versions of Flux, retired ones too', () => {
  expect(spec.names).toMatchObject({
    kind: 'HelmRelease',
    plural: 'helmreleases',
    shortNames: ['hr'],
    categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  })
  expect(spec.versions.map(({ name, storage }) => [name, storage])).toEqual([
    ['v2', true],
    ['v2beta2', false],
    ['v2beta1', false],
  ])
})

test('defaults and rules are where Flux has them', () => {
  expect(node('status')?.default).toEqual({ observedGeneration: -1 })
  expect(node('spec.chart.spec.version')?.default).toBe('*')
  expect(node('spec.chart.spec.reconcileStrategy')?.default).toBe('ChartVersion')
  expect(node('spec.uninstall.deletionPropagation')?.default).toBe('background')
  const messages = ['spec', 'spec.install.strategy', 'spec.upgrade.strategy'].map(
    (path) => node(path)?.['x-kubernetes-validations']?.[0]?.message,
  )
  expect(messages).toEqual([
    'either chart or chartRef must be set',
    ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
    ".retryInterval can only be set when .name is 'RetryOnFailure'",
  ])
  expect(node('spec')?.required).toEqual(['interval'])
})

test('fields are those of Flux, block by block', () => {
  const names = (path: string): readonly string[] => Object.keys(node(path)?.properties ?? {}).toSorted()
  expect(names('spec')).toEqual(
    [
      'chart',
      'chartRef',
      'commonMetadata',
      'dependsOn',
      'driftDetection',
      'healthCheckExprs',
      'install',
      'interval',

      'kubeConfig',
      'maxHistory',
      'persistentClient',
      'postRenderStrategy',
      'postRenderers',
      'releaseName',
      'rollback',

      'serviceAccountName',
      'storageNamespace',
      'suspend',
      'targetNamespace',
      'test',
      'timeout',
      'uninstall',
      'upgrade',
      'values',
      'valuesFrom',
      'waitStrategy',
    ].toSorted(),
  )
  expect(names('spec.upgrade.remediation')).toEqual([
    'ignoreTestFailures',
    'remediateLastFailure',
    'retries',
    'strategy',
  ])
  expect(names('spec.uninstall')).toEqual([
    'deletionPropagation',
    'disableHooks',
    'disableWait',
    'keepHistory',
    'timeout',
  ])
})
