import { FailureError } from '@kedge/base'
import { defaultApiVersions, type FetchedSchema } from '@kedge/helm'
import { ApiError } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { packChart } from '../testing/pack-chart.ts'
import { inlineHelmRender } from './helm-render.ts'
import type { HelmRenderOutcome, HelmRenderRequest, LookupQuery, LookupReader } from './helm-request.ts'
import { createPooledRender } from './pooled-render.ts'

const timers = {
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

const chartYaml = 'apiVersion: v2\nname: web\nversion: 1.2.3\n'
const configMap =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {v: "{{ .Values.v }}"}\n'
const hook = configMap.replace(
  '}"}',
  '}-hook", annotations: {helm.sh/hook: "pre-install,post-upgrade", helm.sh/hook-weight: "3"}}',
)
const image = 'apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {containers: [{name: c, image: "nginx:1"}]}\n'

function requestOf(
  templates: Readonly<Record<string, string>>,
  changes: Partial<HelmRenderRequest> = {},
): HelmRenderRequest {
  const files = Object.entries(templates).map(([name, text]) => [`web/${name}`, text] as const)
  return {
    chart: packChart({ 'web/Chart.yaml': chartYaml, 'web/values.yaml': 'v: default\n', ...Object.fromEntries(files) }),
    values: {},
    name: 'shop',
    namespace: 'apps',
    revision: 1,
    isUpgrade: false,
    capabilities: { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.2' },
    skipSchemaValidation: false,
    postRenderers: [],
    postRenderStrategy: 'combined',
    originLabels: {},
    labels: {},
    owner: 'apps/shop',
    ...changes,
  }
}

const nothing: LookupReader = () => Promise.reject(new Error('nothing is to be looked up'))
const inline = inlineHelmRender()

function manifestOf(outcome: HelmRenderOutcome): string {
  if (outcome.kind === 'failed') throw new Error(outcome.failure.message)
  return outcome.content.manifest
}

test('a chart is rendered in a worker thread into what a release stores', async () => {
  await using pool = createPooledRender({ timers, workers: 1 })
  const request = requestOf(
    {
      'templates/a.yaml': configMap,
      'templates/hook.yaml': hook,
      'templates/NOTES.txt': 'Hello {{ .Release.Name }}',
      'crds/lamp.yaml': 'kind: CustomResourceDefinition\n',
    },
    { values: { v: 'mine' }, labels: { team: 'blue' }, chartVersion: '1.2.3+abc' },
  )
  const outcome = await pool.renderHelm(request, nothing)
  expect(outcome).toMatchObject({
    kind: 'rendered',
    warnings: [],
    content: {
      manifest:
        '---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "shop"}\ndata: {v: "mine"}\n\n',
      notes: 'Hello shop',
      config: { v: 'mine' },
      labels: { team: 'blue' },
      chart: { metadata: { name: 'web', version: '1.2.3+abc' } },
      crds: [{ path: 'web/crds/lamp.yaml', text: 'kind: CustomResourceDefinition\n' }],
      hooks: [
        {
          name: 'shop-hook',
          kind: 'ConfigMap',
          path: 'web/templates/hook.yaml',
          events: ['pre-install', 'post-upgrade'],
          weight: 3,
          lastRun: { phase: '' },
        },
      ],
    },
  })
  expect(await pool.renderHelm(request, nothing)).toEqual(outcome)
})

test('a hostile chart costs only its own render', async () => {
  await using pool = createPooledRender({ timers, workers: 1 })
  const endless = requestOf({
    'templates/a.yaml': '{{ range until 100000000 }}{{ range until 100000 }}x{{ end }}{{ end }}',
  })
  const huge = requestOf({ 'templates/a.yaml': '{{ range until 1000000 }}{{ repeat 10000 "x" }}{{ end }}' })
  for (const request of [endless, huge])
    expect(await pool.renderHelm(request, nothing)).toMatchObject({
      kind: 'failed',
      failure: { code: expect.any(String) },
    })
  expect(await pool.renderHelm(requestOf({ 'templates/a.yaml': configMap }), nothing)).toMatchObject({
    kind: 'rendered',
  })
})

test('a lookup is read between two renders, and its numbers are whole', async () => {
  const template =
    'a: "{{ (lookup "v1" "Service" "ns" "web").spec.port }}"\n' +
    'b: {{ len (lookup "v1" "Service" "" "").items }}\n' +
    'c: {{ empty (lookup "v1" "Secret" "ns" "none") }}\n'
  const asked: LookupQuery[] = []
  const lookup: LookupReader = (query) => {
    asked.push(query)
    if (query.kind === 'Secret') return Promise.resolve(undefined)
    return Promise.resolve(query.name === '' ? { items: [1, 2] } : { spec: { port: 12_345_678 } })
  }
  const outcome = await inline(requestOf({ 'templates/a.yaml': template }), lookup)
  expect(manifestOf(outcome)).toContain('a: "12345678"\nb: 2\nc: true\n')
  expect(asked.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)).toEqual([
    'Service ns/web',
    'Service /',
    'Secret ns/none',
  ])
})

test('lookups are bounded, and a failed one fails the render', async () => {
  const many = requestOf({
    'templates/a.yaml': '{{ range until 100 }}{{ lookup "v1" "Secret" "ns" (toString .) }}{{ end }}',
  })
  expect(await inline(many, () => Promise.resolve({}))).toMatchObject({
    kind: 'failed',
    failure: { message: 'the templates of release shop need more than 64 lookups' },
  })
  expect(await inline(many, () => Promise.resolve({ data: 'x'.repeat(6_000_000) }))).toMatchObject({
    failure: { message: 'the templates of release shop need more than 10000000 bytes of lookups' },
  })
  const denied = new ApiError({ code: 403, reason: 'Forbidden', message: 'no' }, { outcomeKnown: true })
  expect(await inline(many, () => Promise.reject(denied))).toMatchObject({
    failure: { code: 'LookupFailed', message: 'lookup of v1 Secret ns/0: no' },
  })
  const failure = { code: 'AccessDenied', message: 'not yours' }
  expect(await inline(many, () => Promise.reject(new FailureError(failure)))).toMatchObject({ failure })
})

test('a failed render tells the crds of the chart, labelled, as templates may have failed for want of them', async () => {
  const outcome = await inline(
    requestOf(
      {
        'templates/a.yaml': '{{ fail "no lamp" }}',
        'crds/lamp.yaml': 'kind: CustomResourceDefinition\nmetadata: {name: l}\n',
        'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
        'charts/sub/crds/bulb.yaml': 'kind: CustomResourceDefinition\n',
      },
      { originLabels: { from: 'here' } },
    ),
    nothing,
  )
  expect(outcome).toMatchObject({
    kind: 'failed',
    failure: { message: 'execution error at (web/templates/a.yaml:1:3): no lamp' },
    crds: [
      {
        path: 'web/crds/lamp.yaml',
        text: 'kind: CustomResourceDefinition\nmetadata:\n  labels:\n    from: here\n  name: l\n',
      },
      { path: 'web/charts/sub/crds/bulb.yaml' },
    ],
  })
})

const patch = { patch: '[{"op": "add", "path": "/data/patched", "value": "yes"}]', target: { kind: 'ConfigMap' } }

test('post-renderers run in their order, then common metadata, and the origin last', async () => {
  const outcome = await inline(
    requestOf(
      { 'templates/a.yaml': `${configMap}---\n${image}`, 'templates/hook.yaml': hook },
      {
        postRenderers: [
          { patches: [patch], images: [] },
          { patches: [], images: [{ name: 'nginx', newTag: '2' }] },
        ],
        commonMetadata: { labels: { from: 'nowhere', team: 'blue' }, annotations: { note: 'x' } },
        originLabels: { from: 'here' },
      },
    ),
    nothing,
  )
  expect(manifestOf(outcome)).toBe(`---
# Source: web/templates/a.yaml
apiVersion: v1
data:
  patched: "yes"
  v: default
kind: ConfigMap
metadata:
  annotations:
    note: x
  labels:
    from: here
    team: blue
  name: shop
---
# Source: web/templates/a.yaml
apiVersion: v1
kind: Pod
metadata:
  annotations:
    note: x
  labels:
    from: here
    team: blue
  name: pod
spec:
  containers:
  - image: nginx:2
    name: c

`)
  const hooks = outcome.kind === 'rendered' ? outcome.content.hooks : []
  expect(hooks[0]?.manifest).toContain('patched: "yes"')
  expect(hooks[0]?.manifest).toContain('from: here')
})

test('a block at the end of a document keeps its last line break', async () => {
  const block = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    line\n'
  const request = requestOf({ 'templates/a.yaml': `${block}---\n${block}---\n` }, { originLabels: { from: 'here' } })
  expect(manifestOf(await inline(request, nothing)).match(/text: .*\n.*line$/gm)).toEqual([
    'text: |\n    line',
    'text: |\n    line',
  ])
})

test.each([
  ['combined', 'may not add resource with an already registered id'],
  ['separate', 'rendered'],
  ['nohooks', 'rendered'],
] as const)('with the strategy %s, one object as hook and manifest: %s', async (postRenderStrategy, wanted) => {
  const twin = hook.replace('-hook"', '"')
  const request = requestOf(
    { 'templates/a.yaml': configMap, 'templates/hook.yaml': twin },
    { postRenderStrategy, postRenderers: [{ patches: [patch], images: [] }], originLabels: { from: 'here' } },
  )
  const outcome = await inline(request, nothing)
  if (outcome.kind === 'failed') {
    expect(outcome.failure.message).toContain(wanted)
    return
  }
  expect(outcome.kind).toBe(wanted)
  expect(outcome.content.manifest).toContain('patched: "yes"')
  expect(outcome.content.hooks[0]?.manifest.includes('patched')).toBe(postRenderStrategy === 'separate')
  expect(outcome.content.hooks[0]?.manifest.includes('from: here')).toBe(postRenderStrategy === 'separate')
})

test('no map key is special, neither in values nor in what is looked up', async () => {
  const template =
    'a: {{ .Values.constructor }}{{ index .Values "__proto__" "x" }}\nb: {{ (lookup "v1" "A" "" "n").constructor }}\n'
  const values = JSON.parse('{"constructor": "c", "__proto__": {"x": "p"}}') as Record<string, unknown>
  const lookup: LookupReader = () => Promise.resolve({ constructor: 'd' })
  await using pool = createPooledRender({ timers, workers: 1 })
  for (const render of [inline, pool.renderHelm])
    expect(manifestOf(await render(requestOf({ 'templates/a.yaml': template }, { values }), lookup))).toContain(
      'a: cp\nb: d\n',
    )
})

test('schema documents of other places are fetched between two runs, and refused where nobody fetches', async () => {
  const schema = JSON.stringify({ properties: { v: { $ref: 'https://h/a.json#/x' } } })
  const request = requestOf({ 'templates/a.yaml': configMap, 'values.schema.json': schema }, { values: { v: 1 } })
  const asked: string[] = []
  const schemaReader = (address: string): Promise<FetchedSchema> => {
    asked.push(address)
    const text = address.endsWith('a.json') ? '{"x":{"$ref":"b.json"}}' : '{"type":"string"}'
    return Promise.resolve({ kind: 'text', text })
  }
  await using pool = createPooledRender({ timers, workers: 1, schemaReader })
  for (const render of [inlineHelmRender(schemaReader), pool.renderHelm]) {
    const refused = await render(request, nothing)
    expect(refused.kind === 'failed' && refused.failure.message).toContain("- at '/v': got number, want string")
    expect(manifestOf(await render({ ...request, values: { v: 'x' } }, nothing))).toContain('v: "x"')
  }
  expect(asked.slice(0, 2)).toEqual(['https://h/a.json', 'https://h/b.json'])
  const alone = await inline(request, nothing)
  expect(alone.kind === 'failed' && alone.failure.message).toContain('schemas of other places are not fetched')
})
