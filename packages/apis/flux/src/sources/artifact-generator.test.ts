import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { artifactGeneratorCrd } from '../crds/artifact-generator-crd.ts'
import { checkArtifactGenerator, isObjectName, readArtifactGenerator } from './artifact-generator-spec.ts'
import { externalArtifactOf, generatorOf, isOfGenerator, matchesExternal } from './external-artifact.ts'

const copy = [{ from: '@git/a', to: '@artifact/' }]
const git = { alias: 'git', kind: 'GitRepository', name: 'repo' }

function generator(spec: object, uid = 'u1'): KubeObject {
  return {
    apiVersion: 'source.extensions.fluxcd.io/v1beta1',
    kind: 'ArtifactGenerator',
    metadata: { name: 'apps', namespace: 'home', uid },
    spec,
  }
}

function check(spec: object, noCrossNamespaceRefs = false): string {
  const parsed = readArtifactGenerator(generator(spec))
  if (!parsed.ok) return `${parsed.failure.code}: ${parsed.failure.message}`
  const checked = checkArtifactGenerator(parsed.value, { namespace: 'home', noCrossNamespaceRefs })
  return checked.ok ? 'ok' : `${checked.failure.code}: ${checked.failure.message}`
}

test.each<[object, string]>([
  [{ sources: [git], artifacts: [{ name: 'one', copy }] }, 'ok'],
  [{ sources: [git, git], artifacts: [] }, "ValidationFailed: duplicate source alias 'git' found"],
  [
    {
      sources: [git],
      artifacts: [
        { name: 'one', copy },
        { name: 'one', copy },
      ],
    },
    "ValidationFailed: duplicate artifact name 'one' found",
  ],
  [
    { sources: [git], artifacts: [{ name: 'One', copy }] },
    'ValidationFailed: artifact name "One" is not a valid Kubernetes object name',
  ],
  [{ sources: [git], pathPattern: '@git/{app}', artifacts: [{ name: '{app}', copy }] }, 'ok'],
  [
    { sources: [git], artifacts: [{ name: 'one', copy, revision: '@none' }] },
    "ValidationFailed: artifact one revision source alias 'none' not found",
  ],
  [
    { sources: [git], artifacts: [{ name: 'one', copy, originRevision: '@none' }] },
    "ValidationFailed: artifact one originRevision source alias 'none' not found",
  ],
  [
    { sources: [{ ...git, kind: 'Bucket' }], artifacts: [] },
    "UnsupportedSourceKind: source kind 'Bucket' is not read by this version of Kedge",
  ],
  [
    { sources: [{ ...git, kind: 'Pod' }], artifacts: [] },
    'ValidationFailed: spec.sources[0].kind: unsupported value "Pod"',
  ],
])('[GA1] the spec %j is judged as %s', (spec, verdict) => {
  expect(check(spec)).toBe(verdict)
})

test('[GA1] a source in another namespace is refused where references may not cross', () => {
  const spec = { sources: [{ ...git, namespace: 'other' }], artifacts: [{ name: 'one', copy }] }
  expect(check(spec)).toBe('ok')
  expect(check(spec, true)).toBe(
    'AccessDenied: cross-namespace reference to source GitRepository/other/repo is not allowed',
  )
})

test('[GA1] names of objects are DNS subdomains', () => {
  expect(['a', 'a-b.c', '1'].map(isObjectName)).toEqual([true, true, true])
  expect(['', 'A', '-a', 'a-', 'a..b', 'a'.repeat(254)].map(isObjectName)).toEqual(Array(6).fill(false))
})

const made = {
  name: 'one',
  labels: { app: 'one', team: 'captured' },
  artifact: { revision: 'latest@sha256:1', digest: 'sha256:1', path: 'p/1.tar.gz', url: 'http://x/1', size: 3 },
  metadata: { 'org.opencontainers.image.revision': 'main@sha1:1' },
}
const input = {
  generator: generator({}),
  found: undefined,
  metadata: { labels: { team: 'common', tier: 'x' }, annotations: { note: 'n' } },
  now: '2026-01-01T00:00:00Z',
}

test('[GA9] captures go over common labels, and the mark of the generator over both', () => {
  const { object, status } = externalArtifactOf(made, input)
  expect(object.metadata).toEqual({
    name: 'one',
    namespace: 'home',
    labels: {
      app: 'one',
      team: 'captured',
      tier: 'x',
      'app.kubernetes.io/managed-by': 'source-watcher',
      'source.extensions.fluxcd.io/generator': 'u1',
    },
    annotations: { note: 'n' },
  })
  expect(status).toMatchObject({
    artifact: { ...made.artifact, lastUpdateTime: input.now, metadata: made.metadata },
    conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'Artifact is ready' }],
  })
})

test('[GA9] an object that says all of it is not written again; its times stay while its content does', () => {
  const first = externalArtifactOf(made, input)
  const found = { ...first.object, metadata: { ...first.object.metadata, generation: 1 }, status: first.status }
  const again = externalArtifactOf(made, { ...input, found, now: '2027-01-01T00:00:00Z' })
  expect(again.status).toEqual(first.status)
  expect(matchesExternal(found, again)).toBe(true)
  expect(matchesExternal({ ...found, spec: {} }, again)).toBe(false)
  expect(matchesExternal({ ...found, status: { ...first.status, conditions: [] } }, again)).toBe(false)
  const other = { ...made, artifact: { ...made.artifact, digest: 'sha256:2' } }
  const changed = externalArtifactOf(other, { ...input, found, now: '2027-01-01T00:00:00Z' })
  expect(matchesExternal(found, changed)).toBe(false)
  expect(changed.status).toMatchObject({ artifact: { lastUpdateTime: '2027-01-01T00:00:00Z' } })
})

test('[GA10] an object is a generator’s by its UID, or after a restore by what it refers to', () => {
  const { object } = externalArtifactOf(made, input)
  expect(generatorOf(object)).toBe('apps')
  expect(isOfGenerator(object, generator({}, 'u1'))).toBe(true)
  expect(isOfGenerator(object, generator({}, 'u2'))).toBe(true)
  const moved = { ...object, spec: { sourceRef: { kind: 'ArtifactGenerator', name: 'other' } } }
  expect(isOfGenerator(moved, generator({}, 'u2'))).toBe(false)
  const foreign = { ...object, metadata: { name: 'one', namespace: 'home' } }
  expect(isOfGenerator(foreign, generator({}))).toBe(false)
  expect(generatorOf(foreign)).toBeUndefined()
  const elsewhere = { ...object, metadata: { ...object.metadata, namespace: 'other' } }
  expect(isOfGenerator(elsewhere, generator({}))).toBe(false)
})

test('the definition is as Flux has it: short name, categories, columns, limits, and no generation in the status', () => {
  const spec = artifactGeneratorCrd()['spec'] as {
    names: object
    versions: {
      name: string
      additionalPrinterColumns: { name: string }[]
      schema: {
        openAPIV3Schema: { properties: Record<string, { properties: Record<string, object>; default?: object }> }
      }
    }[]
  }
  expect(spec.names).toMatchObject({
    plural: 'artifactgenerators',
    shortNames: ['ag'],
    categories: ['all', 'fluxcd', 'fluxcd-sources'],
  })
  const [version] = spec.versions
  expect(version?.name).toBe('v1beta1')
  expect(version?.additionalPrinterColumns.map(({ name }) => name)).toEqual(['Age', 'Ready', 'Status'])
  const { spec: wanted, status } = version?.schema.openAPIV3Schema.properties ?? {}
  expect(wanted?.properties['sources']).toMatchObject({ minItems: 1, maxItems: 1000 })
  expect(wanted?.properties['artifacts']).toMatchObject({ minItems: 1, maxItems: 1000 })
  expect(Object.keys(status?.properties ?? {})).toEqual([
    'conditions',
    'inventory',
    'lastHandledReconcileAt',
    'observedSourcesDigest',
  ])
  expect(status?.default).toBeUndefined()
})
