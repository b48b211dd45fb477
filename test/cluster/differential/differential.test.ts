/** The same requests to the real server and to ours: the answers are equal but for what differs by nature. */
import { mkdirSync, writeFileSync } from 'node:fs'

import type { Answer, Cluster } from '@kedge/cluster'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { embeddedCluster, realCluster, realKubeconfig, type TestCluster } from '../target.ts'
import type { Step } from './case.ts'
import { cases as handmade } from './cases.ts'
import { differences } from './differences.ts'
import { kindCases } from './kind-cases.ts'
import { knownDifferences } from './known-differences.ts'
import { normalise } from './normalise.ts'

const cases = [...handmade, ...kindCases]
let real: TestCluster
let embedded: TestCluster
const found: Record<string, { readonly request: string; readonly differences: readonly string[] }> = {}
const seen = new Set<string>()
/** The real cluster may have seen an earlier run, whose namespaces are still going away. */
const run = Date.now().toString(36)

beforeAll(async () => {
  if (realKubeconfig === undefined) throw new Error('KEDGE_TEST_KUBECONFIG names no cluster: use npm run test:cluster')
  real = await realCluster(realKubeconfig)
  embedded = await embeddedCluster()
})

afterAll(async () => {
  await real.close()
  await embedded.close()
  mkdirSync('.cache/reports', { recursive: true })
  writeFileSync('.cache/reports/differences.json', `${JSON.stringify(found, undefined, 2)}\n`)
  const gone = Object.keys(knownDifferences).filter((key) => seen.has(key) && found[key] === undefined)
  if (gone.length > 0) console.log(`no longer different, take them off the list:\n  ${gone.join('\n  ')}`)
})

interface Played {
  readonly step: string
  readonly answer: unknown
}

test.each(cases.map((each, index) => ({ ...each, namespace: `diff-${index}-${run}` })))('$name', async (played) => {
  const [expected, got] = await Promise.all([play(real.cluster, played), play(embedded.cluster, played)])
  for (const [index, { step, answer }] of expected.entries()) {
    const key = `${played.name} #${index + 1}`
    const differ = differences(answer, got[index]?.answer)
    seen.add(key)
    if (differ.length > 0) found[key] = { request: step, differences: differ }
    // The real server's word first, then ours.
    if (knownDifferences[key] === undefined) expect.soft(differ, `${key}: ${step}`).toEqual([])
  }
})

test('each known difference belongs to a case', () => {
  const keys = cases.flatMap(({ name, steps }) =>
    steps.filter(({ unchecked }) => unchecked !== true).map((_, index) => `${name} #${index + 1}`),
  )
  expect(Object.keys(knownDifferences).filter((key) => !keys.includes(key))).toEqual([])
})

async function play(
  cluster: Cluster,
  { namespace, steps }: { readonly namespace: string; readonly steps: readonly Step[] },
): Promise<readonly Played[]> {
  await prepareNamespace(cluster, namespace)
  const answers: Played[] = []
  for (const step of steps) {
    const request = JSON.parse(JSON.stringify(step).replaceAll('NS', namespace)) as Step
    const wanted = request.headers?.['x-wait-for']
    const answer =
      wanted === undefined ? await send(cluster, request) : await sendUntil(cluster, request, Number(wanted))
    if (step.unchecked !== true) answers.push({ step: `${request.method} ${request.path}`, answer: normalise(answer) })
  }
  // The namespace goes away in the background; nothing waits for it.
  await cluster.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
  return answers
}

function send(cluster: Cluster, { method, path, body, headers }: Step): Promise<Answer> {
  return cluster.request({
    method,
    path,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  })
}

/** What the real server does behind its answers takes a moment: kinds are served, accounts are made. */
async function sendUntil(cluster: Cluster, step: Step, status: number): Promise<Answer> {
  const { headers: _, ...request } = step
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const answer = await send(cluster, request)
    if (answer.status === status) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${step.method} ${step.path} did not come to answer ${status}`)
}

async function prepareNamespace(cluster: Cluster, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces', body })
  await sendUntil(cluster, { method: 'GET', path: `/api/v1/namespaces/${name}/serviceaccounts/default` }, 200)
  await sendUntil(cluster, { method: 'GET', path: `/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt` }, 200)
}
