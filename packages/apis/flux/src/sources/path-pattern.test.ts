import { expect, test } from 'vitest'

import { type ArtifactGeneratorSpec, type OutputArtifact } from './artifact-generator-spec.ts'
import { planArtifacts } from './path-pattern.ts'

function artifact(name: string, from = '@git/apps/{app}/**'): OutputArtifact {
  const copy = [{ from, to: '@artifact/{app}/', exclude: ['{app}'], strategy: 'Overwrite' as const }]
  return { name, revision: undefined, originRevision: undefined, copy }
}

function plan(pathPattern: string | undefined, directories: readonly string[], artifacts = [artifact('{app}')]) {
  const spec: ArtifactGeneratorSpec = {
    commonMetadata: { labels: {}, annotations: {} },
    sources: [],
    pathPattern,
    artifacts,
  }
  return planArtifacts(spec, (alias) => (alias === 'git' ? directories : undefined))
}

test('[GA6] without a pattern the artifacts are those of the list, braces and all', () => {
  expect(plan(undefined, [])).toEqual({ ok: true, value: [{ ...artifact('{app}'), labels: {} }] })
})

test('[GA7] names and labels are in lower case, paths as the directories have them', () => {
  const planned = plan('@git/apps/{app}', ['apps', 'apps/One', 'apps/two', 'apps/two/deep', 'other/three'])
  const values = planned.ok ? planned.value : []
  expect(values.map(({ name, labels }) => [name, labels])).toEqual([
    ['one', { app: 'one' }],
    ['two', { app: 'two' }],
  ])
  expect(values[0]?.copy[0]).toMatchObject({ from: '@git/apps/One/**', to: '@artifact/One/', exclude: ['{app}'] })
})

test('[GA7] a capture may be a part of a name, and takes the longest that fits', () => {
  const planned = plan('@git/{app}-{env}', ['a-b-c', 'ab'], [artifact('{app}.{env}', '@git/x')])
  expect(planned.ok ? planned.value.map(({ name }) => name) : planned).toEqual(['a-b.c'])
})

test.each([
  ['@git', 'invalid pathPattern format: @git'],
  ['@other/{app}', 'pathPattern "@other/{app}": source alias other not found in local sources'],
  ['@git/{app', 'pathPattern "@git/{app": a capture has no closing brace'],
  ['@git/app}', 'pathPattern "@git/app}": a capture has no opening brace'],
  ['@git/{}', 'pathPattern "@git/{}": empty capture variable'],
  [
    '@git/{1a}',
    'pathPattern "@git/{1a}": capture variable "1a" must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*',
  ],
  ['@git/{app}/{app}', 'pathPattern "@git/{app}/{app}": duplicate capture variable "app"'],
  ['@git/{_app}', 'pathPattern "@git/{_app}": capture variable "_app" is not a valid Kubernetes label key'],
])('[GA8] the pattern %s is refused', (pattern, message) => {
  expect(plan(pattern, ['x'])).toEqual({ ok: false, failure: { code: 'BuildFailed', message } })
})

test.each([
  [['App', 'app'], 'directories "App" and "app" both resolve to artifact name "app"'],
  [['a b'], 'captured value "a b" for variable "app" is not a valid Kubernetes label value'],
  [['a_b'], 'rendered artifact name "a_b" is not a valid Kubernetes object name'],
])('[GA8] the directories %j are refused', (directories, message) => {
  const failure = { code: 'BuildFailed', message: `pathPattern "@git/{app}": ${message}` }
  expect(plan('@git/{app}', directories)).toEqual({ ok: false, failure })
})

test('[GA8] a template may name only captures of the pattern', () => {
  const planned = plan('@git/{app}', ['a'], [artifact('{none}')])
  expect(planned.ok ? planned : planned.failure.message).toBe(
    'pathPattern "@git/{app}": invalid template "{none}": capture variable "none" is not defined by pathPattern',
  )
})

test('[GA7] many captures side by side cost no more than the places they may be at', () => {
  const names = Array.from({ length: 80 }, (_, index) => `{c${String(index)}}`).join('')
  const planned = plan(`@git/${names}/end`, [`${'a'.repeat(200)}/other`], [artifact('x', '@git/x')])
  expect(planned).toEqual({ ok: true, value: [] })
})
