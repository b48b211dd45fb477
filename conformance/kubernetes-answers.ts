/**
 * Sends the requests behind the recorded answers of a real kube-apiserver to the embedded one and counts the equal
 * answers:
 *
 *   node conformance/kubernetes-answers.ts
 *
 * Recorded answers that were cut off must be a part of ours. Times, uids, revisions and generated names are left out of
 * the comparison. KEDGE_VERBOSE prints what differs.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestServer, type Sent } from '../packages/drivers/apiserver/src/testing/test-server.ts'

type Json = Record<string, unknown>

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const corpus = process.env['KEDGE_CORPUS'] ?? path.join(root, '..', 'shared', 'corpus')

interface Step extends Sent {
  /** Heading in the recording; absent for a step that only prepares. */
  readonly as?: string
  readonly method: string
  readonly path: string
}

const cms = '/api/v1/namespaces/default/configmaps'
const apply = { contentType: 'application/apply-patch+yaml' }
const merge = { contentType: 'application/merge-patch+json' }
const cm = (name: string, data: Json = { a: '1' }, more: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
  ...more,
})
const dev = { name: 'dev', groups: ['developers', 'system:authenticated'], extra: {} }
const deploy = (labels: Json, selector: Json, containers: unknown): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'bad' },
  spec: { selector: { matchLabels: selector }, template: { metadata: { labels }, spec: containers } },
})

const semantics: readonly Step[] = [
  { as: 'legacy /apis/apps/v1', method: 'GET', path: '/apis/apps/v1' },
  { as: '404 object', method: 'GET', path: `${cms}/nope` },
  { as: '404 unknown path', method: 'GET', path: '/apis/nope.io/v1/things' },
  { as: 'create ok', method: 'POST', path: cms, body: cm('t1') },
  { as: 'create dup', method: 'POST', path: cms, body: cm('t1') },
  {
    as: 'generateName',
    method: 'POST',
    path: `${cms}?dryRun=All`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' }, data: { a: '1' } },
  },
  { as: 'bad name', method: 'POST', path: cms, body: cm('T_1') },
  { as: 'wrong kind', method: 'POST', path: cms, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } } },
  {
    as: 'unknown field warn',
    method: 'POST',
    path: `${cms}?dryRun=All`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 't2' }, dta: {} },
  },
  {
    as: 'unknown field strict',
    method: 'POST',
    path: `${cms}?fieldValidation=Strict`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 't2' }, dta: {} },
  },
  { as: 'type mismatch', method: 'POST', path: cms, body: cm('t3', { a: 1 }) },
  {
    as: 'validation 422',
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    body: deploy({ a: 'c' }, { a: 'b' }, {}),
  },
  {
    as: 'put conflict',
    method: 'PUT',
    path: `${cms}/t1`,
    body: cm('t1', { a: '2' }, { metadata: { name: 't1', resourceVersion: '1' } }),
  },
  { as: 'put no rv', method: 'PUT', path: `${cms}/t1`, body: cm('t1', { a: '2' }) },
  { as: 'put create-on-update missing', method: 'PUT', path: `${cms}/t1x`, body: cm('t1x') },
  {
    as: 'ssa create',
    method: 'PATCH',
    path: `${cms}/ssa?fieldManager=m1`,
    body: cm('ssa', { a: '1', b: '2' }),
    ...apply,
  },
  { as: 'ssa conflict', method: 'PATCH', path: `${cms}/ssa?fieldManager=m2`, body: cm('ssa', { a: '9' }), ...apply },
  {
    as: 'ssa same value shared',
    method: 'PATCH',
    path: `${cms}/ssa?fieldManager=m2`,
    body: cm('ssa', { a: '1' }),
    ...apply,
  },
  { as: 'ssa no manager', method: 'PATCH', path: `${cms}/ssa`, body: cm('ssa'), ...apply },
  {
    as: 'ssa with managedFields',
    method: 'PATCH',
    path: `${cms}/ssa?fieldManager=m1`,
    body: cm('ssa', {}, { metadata: { name: 'ssa', managedFields: [{}] } }),
    ...apply,
  },
  {
    as: 'ssa unknown field',
    method: 'PATCH',
    path: `${cms}/ssa?fieldManager=m1`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, dat: {} },
    ...apply,
  },
  {
    as: 'ssa noop rv stable',
    method: 'PATCH',
    path: `${cms}/ssa?fieldManager=m2`,
    body: cm('ssa', { a: '1' }),
    ...apply,
  },
  {
    as: 'json patch test fail',
    method: 'PATCH',
    path: `${cms}/ssa`,
    body: [{ op: 'test', path: '/data/a', value: 'x' }],
    contentType: 'application/json-patch+json',
  },
  { as: 'bad patch type', method: 'PATCH', path: `${cms}/ssa`, body: {}, contentType: 'application/foo' },
  { as: 'delete propagation', method: 'DELETE', path: `${cms}/t1`, body: { propagationPolicy: 'Foreground' } },
  { as: 'get after fg', method: 'GET', path: `${cms}/t1` },
  { method: 'POST', path: cms, body: cm('t3') },
  { as: 'delete bg', method: 'DELETE', path: `${cms}/t3`, body: { propagationPolicy: 'Background' } },
  { as: 'bad continue', method: 'GET', path: `${cms}?limit=1&continue=aW52YWxpZA` },
  { as: 'list rv future', method: 'GET', path: `${cms}?resourceVersion=99999999` },
  { as: 'rvmatch w/o rv', method: 'GET', path: `${cms}?resourceVersionMatch=Exact` },
  { as: 'fieldselector bad', method: 'GET', path: `${cms}?fieldSelector=data.a%3D1` },
  { as: 'labelselector bad', method: 'GET', path: `${cms}?labelSelector=%3Da` },
  { as: '406', method: 'GET', path: cms, accept: 'text/html' },
  { as: 'forbidden', method: 'GET', path: cms, user: dev },
  { as: 'forbidden nonres', method: 'GET', path: '/metrics', user: dev },
  { as: 'status put on cm', method: 'PUT', path: `${cms}/ssa/status`, body: cm('ssa') },
  { as: 'method not allowed', method: 'POST', path: `${cms}/ssa`, body: cm('ssa') },
  { as: 'deletecollection', method: 'DELETE', path: `${cms}?labelSelector=none%3Dsuch` },
]

const git = '/apis/source.toolkit.fluxcd.io/v1/namespaces/default/gitrepositories'
const repo = (name: string, spec: Json): Json => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name },
  spec,
})
const good = { interval: '1m', url: 'https://x/y', ref: { branch: 'main' } }
const web = '/apis/apps/v1/namespaces/default/deployments'
const pod = { containers: [{ name: 'c', image: 'x' }] }
const workload = (kind: string, name: string, spec: Json): Json => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { name },
  spec,
})
const template = (label: string, spec: Json = pod): Json => ({ metadata: { labels: { a: label } }, spec })

const kinds: readonly Step[] = [
  { method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: gitRepositoryDefinition() },
  { as: 'cr create + default + prune', method: 'POST', path: git, body: repo('a', { ...good, bogus: 1 }) },
  {
    as: 'cr strict unknown',
    method: 'POST',
    path: `${git}?fieldValidation=Strict`,
    body: repo('b', { ...good, bogus: 1 }),
  },
  { as: 'cr warn unknown', method: 'POST', path: `${git}?dryRun=All`, body: repo('b', { ...good, bogus: 1 }) },
  {
    as: 'cr schema errors',
    method: 'POST',
    path: git,
    body: repo('b', { interval: 'abc', url: 'ftp://x', provider: 'zzz' }),
  },
  { as: 'cr missing required', method: 'POST', path: git, body: repo('b', {}) },
  { as: 'cr CEL', method: 'POST', path: git, body: repo('b', { ...good, serviceAccountName: 'x' }) },
  { as: 'cr smp', method: 'PATCH', path: `${git}/a`, body: {}, contentType: 'application/strategic-merge-patch+json' },
  { as: 'cr merge', method: 'PATCH', path: `${git}/a`, body: { spec: { interval: '2m' } }, ...merge },
  {
    as: 'cr status via main ignored',
    method: 'PATCH',
    path: `${git}/a`,
    body: { status: { observedGeneration: 9 } },
    ...merge,
  },
  {
    as: 'cr status sub',
    method: 'PATCH',
    path: `${git}/a/status?fieldManager=ctl`,
    body: {
      status: {
        observedGeneration: 2,
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Ok', message: 'm', lastTransitionTime: '2020-01-01T00:00:00Z' },
        ],
      },
    },
    ...merge,
  },
  { as: 'cr table', method: 'GET', path: git, accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  {
    as: 'cr ssa list map etc',
    method: 'PATCH',
    path: `${git}/a?fieldManager=m`,
    body: repo('a', { ...good, interval: '2m', url: 'https://other' }),
    ...apply,
  },
  {
    as: 'cr ssa unknown field no validation',
    method: 'PATCH',
    path: `${git}/c?fieldManager=m&fieldValidation=Ignore`,
    body: repo('c', { ...good, bogus: 1 }),
    ...apply,
  },
  { as: 'cr field selector', method: 'GET', path: `${git}?fieldSelector=spec.url%3Dx` },
  {
    method: 'POST',
    path: web,
    body: {
      ...workload('Deployment', 'web', {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: pod },
      }),
    },
  },
  {
    as: 'immutable selector',
    method: 'PATCH',
    path: `${web}/web`,
    body: { spec: { selector: { matchLabels: { z: 'z' } }, template: { metadata: { labels: { z: 'z' } } } } },
    ...merge,
  },
  {
    method: 'POST',
    path: '/api/v1/namespaces/default/services',
    body: { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
  },
  {
    as: 'svc clusterIP immut',
    method: 'PATCH',
    path: '/api/v1/namespaces/default/services/web',
    body: { spec: { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'] } },
    ...merge,
  },
  { method: 'POST', path: cms, body: cm('imm', { a: '1' }, { immutable: true }) },
  { as: 'cm immut', method: 'PATCH', path: `${cms}/imm`, body: { data: { a: '2' } }, ...merge },
  {
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/statefulsets',
    body: workload('StatefulSet', 'st', {
      serviceName: 's',
      selector: { matchLabels: { a: 'st' } },
      template: template('st'),
    }),
  },
  {
    as: 'sts forbidden',
    method: 'PATCH',
    path: '/apis/apps/v1/namespaces/default/statefulsets/st',
    body: { spec: { serviceName: 'z' } },
    ...merge,
  },
  { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'term' } } },
  { method: 'DELETE', path: '/api/v1/namespaces/term' },
  { as: 'ns terminating create', method: 'POST', path: '/api/v1/namespaces/term/configmaps', body: cm('x') },
  { as: 'ns missing', method: 'POST', path: '/api/v1/namespaces/nope/configmaps', body: cm('x') },
  { method: 'PATCH', path: `${web}/web/status`, body: { status: { replicas: 2 } }, ...merge },
  { as: 'scale get', method: 'GET', path: `${web}/web/scale` },
  {
    as: 'ssar',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } } },
  },
]

/** The fields of Flux's GitRepository that the recorded requests touch. */
function gitRepositoryDefinition(): Json {
  const column = (name: string, jsonPath: string, type = 'string'): Json => ({ name, type, jsonPath })
  const text = { type: 'string' }
  return {
    metadata: { name: 'gitrepositories.source.toolkit.fluxcd.io' },
    spec: {
      group: 'source.toolkit.fluxcd.io',
      scope: 'Namespaced',
      names: {
        plural: 'gitrepositories',
        kind: 'GitRepository',
        listKind: 'GitRepositoryList',
        singular: 'gitrepository',
        shortNames: ['gitrepo'],
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('URL', '.spec.url'),
            column('Age', '.metadata.creationTimestamp', 'date'),
            column('Ready', '.status.conditions[?(@.type=="Ready")].status'),
            column('Status', '.status.conditions[?(@.type=="Ready")].message'),
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['interval', 'url'],
                  properties: {
                    interval: { ...text, pattern: String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$` },
                    timeout: { ...text, default: '60s', pattern: String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m))+$` },
                    url: { ...text, pattern: '^(http|https|ssh)://.*$' },
                    provider: { ...text, enum: ['generic', 'aws', 'azure', 'github'] },
                    ref: { type: 'object', properties: { branch: text } },
                    serviceAccountName: text,
                  },
                  'x-kubernetes-validations': [
                    {
                      message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
                      rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
                    },
                  ],
                },
                status: {
                  type: 'object',
                  default: { observedGeneration: -1 },
                  properties: {
                    observedGeneration: { type: 'integer', format: 'int64' },
                    conditions: {
                      type: 'array',
                      items: {
                        type: 'object',
                        properties: {
                          type: text,
                          status: text,
                          reason: text,
                          message: text,
                          lastTransitionTime: { ...text, format: 'date-time' },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
  }
}

interface Golden {
  readonly code: number
  readonly warnings: readonly string[]
  readonly body: string
}

function readGolden(name: string): ReadonlyMap<string, Golden> {
  const out = new Map<string, Golden>()
  let heading = ''
  for (const line of readFileSync(path.join(corpus, 'kubernetes/fixtures', name), 'utf8').split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3).trim()
    const match = /^(\d{3}) (?:W:(\d{3} - "(?:[^"\\]|\\.)*") )?(.*)$/.exec(line)
    if (match === null || out.has(heading)) continue
    const [, code = '', warning, body = ''] = match
    out.set(heading, {
      code: Number(code),
      warnings: warning === undefined ? [] : [JSON.parse(warning.slice(6)) as string],
      body,
    })
  }
  return out
}

/** The value of JSON text that may have been cut off anywhere; what was begun and not ended is left out. */
function parsePart(text: string): unknown {
  for (let end = text.length; end > 0; end -= 1) {
    const part = text.slice(0, end)
    const closers = openBrackets(part)
    if (closers === undefined) continue
    try {
      return JSON.parse(`${part.replace(/,\s*$/, '')}${closers}`)
    } catch {
      // Shorter, until what is left is whole.
    }
  }
  return undefined
}

/** What would close everything that JSON text leaves open; undefined when it ends inside a string. */
function openBrackets(text: string): string | undefined {
  const outside = text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '')
  if (outside.includes('"')) return undefined
  const closers: string[] = []
  for (const char of outside) {
    if (char === '{') closers.push('}')
    else if (char === '[') closers.push(']')
    else if (char === '}' || char === ']') closers.pop()
  }
  return closers.toReversed().join('')
}

const fluid = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'lastTransitionTime',
  'storageVersionHash',
  'revision',
  'description',
])

/** Where a recorded value and ours differ; the recorded one may be a part. */
function differences(recorded: unknown, ours: unknown, at = ''): readonly string[] {
  const field = at.slice(at.lastIndexOf('.') + 1)
  if (fluid.has(field)) return typeof recorded === typeof ours ? [] : [`${at}: ${JSON.stringify(ours)}`]
  if (Array.isArray(recorded)) {
    if (!Array.isArray(ours)) return [`${at}: no list`]
    return recorded.flatMap((item, index) => differences(item, ours[index], `${at}[${index}]`))
  }
  if (typeof recorded === 'object' && recorded !== null) {
    if (typeof ours !== 'object' || ours === null) return [`${at}: absent`]
    return Object.entries(recorded).flatMap(([name, value]) =>
      differences(value, (ours as Json)[name], `${at}.${name}`),
    )
  }
  const steady = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace(/^gen-\w{5}$/, 'gen-').replace(/current: \d+/, 'current') : value
  return steady(recorded) === steady(ours) ? [] : [`${at}: ${JSON.stringify(recorded)} was ${JSON.stringify(ours)}`]
}

/** What ours has and a whole recorded answer has not. */
function additions(recorded: unknown, ours: unknown, at = ''): readonly string[] {
  if (Array.isArray(ours))
    return Array.isArray(recorded)
      ? ours.flatMap((item, index) => additions(recorded[index], item, `${at}[${index}]`))
      : [at]
  if (typeof ours !== 'object' || ours === null) return recorded === undefined ? [at] : []
  if (typeof recorded !== 'object' || recorded === null) return [at]
  return Object.entries(ours).flatMap(([name, value]) => additions((recorded as Json)[name], value, `${at}.${name}`))
}

function compare(
  golden: Golden,
  received: { readonly status: number; readonly text: string; readonly warnings: readonly string[] },
): readonly string[] {
  const found: string[] = []
  if (golden.code !== received.status) found.push(`code ${golden.code} was ${received.status}`)
  if (golden.warnings.join() !== received.warnings.join())
    found.push(`warnings ${golden.warnings.join()} were ${received.warnings.join()}`)
  const body = golden.body.trim()
  if (!body.startsWith('{')) return body === received.text.trim() ? found : [...found, `${body} was ${received.text}`]
  const recorded = parsePart(body)
  const ours: unknown = JSON.parse(received.text)
  found.push(...differences(recorded, ours))
  if (body.endsWith('}')) found.push(...additions(recorded, ours).map((each) => `${each}: added`))
  return found
}

let passed = 0
let failed = 0
for (const [file, steps] of [
  ['semantics.txt', semantics],
  ['crd-admission-immutability.txt', kinds],
] as const) {
  const golden = readGolden(file)
  const server = await createTestServer('rbac')
  await server.send('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } })
  for (const step of steps) {
    const received = await server.send(step.method, step.path, step)
    if (step.as === undefined && received.status >= 300) throw new Error(`${step.path}: ${received.text}`)
    if (step.as === undefined) continue
    const recorded = golden.get(step.as)
    if (recorded === undefined) throw new Error(`${file} has no answer ${step.as}`)
    const found = compare(recorded, received)
    if (found.length === 0) passed += 1
    else failed += 1
    if (found.length > 0 && process.env['KEDGE_VERBOSE'] !== undefined)
      console.log(`${step.as}\n  ${found.join('\n  ')}`)
  }
}
console.log(`kubernetes-answers: ${passed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1
