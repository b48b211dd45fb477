import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, writeFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { createApiServer } from '@kedge/apiserver'
import { createCluster, localTransport } from '@kedge/cluster'
import { createAddressRules, createEgressClient, createGitSource } from '@kedge/source'
import { expect, test } from 'vitest'

import { createAgent } from './agent.ts'
import { renderTree } from './render/render-tree.ts'
import { createArtifactShop } from './sources/artifact-shop.ts'

const clock = { now: () => Date.now() }
const timers = {
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
const random = { next: () => Math.random() }

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', folder, ...args], {
    encoding: 'utf8',
  })
}

test('a directory of a local repository comes alive on the embedded server', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-agent-'))
  git(folder, 'init', '-q', '-b', 'main')
  mkdirSync(path.join(folder, 'apps'))
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: default\ndata:\n  a: "1"\n'
  writeFileSync(path.join(folder, 'apps/one.yaml'), configMap)
  git(folder, 'add', '.')
  git(folder, 'commit', '-qm', 'first')
  await using server = await createApiServer({ listen: false, clock, timers, random, authorization: 'always-allow' })
  const local = server.local()
  const cluster = createCluster(
    { name: 'local', namespace: 'default' },
    { clock, timers, random },
    { transport: localTransport(local) },
  )
  const lines: string[] = []
  await using agent = createAgent({
    cluster,
    clock,
    timers,
    random,
    git: createGitSource({ http: createEgressClient({ rules: createAddressRules({}) }), localFolders: 'any' }),
    render: (tree, request) => Promise.resolve(renderTree(tree, request)),
    artifacts: createArtifactShop({
      address: () => 'http://127.0.0.1:0',
      pack: (tree) => new TextEncoder().encode(tree.digest),
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    }),
    log: (line) => lines.push(JSON.stringify(line)),
  })
  await agent.start()
  const namespace = 'default'
  await cluster.create({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace },
    spec: { url: `file://${folder}`, interval: '1m', ref: { branch: 'main' } },
  })
  await cluster.create({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace },
    spec: { interval: '10m', prune: true, path: './apps', sourceRef: { kind: 'GitRepository', name: 'repo' } },
  })
  const timer = setTimeout(
    () =>
      console.log(
        JSON.stringify(agent.summary(), null, 1),
        lines.join('\n'),
        agent.metrics(),
        agent.metrics().requests.counts(),
      ),
    3000,
  )
  const standings = await agent.settled()
  clearTimeout(timer)
  console.log(standings, lines)
  expect(standings.map(({ name, state }) => [name, state])).toEqual([
    ['repo', 'ready'],
    ['apps', 'ready'],
  ])
  expect(await cluster.get({ group: '', kind: 'ConfigMap', namespace, name: 'one' })).toMatchObject({
    data: { a: '1' },
  })
  rmSync(folder, { recursive: true })
}, 10_000)
