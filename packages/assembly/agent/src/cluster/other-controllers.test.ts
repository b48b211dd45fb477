import type { KubeObject } from '@kedge/manifest'
import { treeFromFiles } from '@kedge/tree'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { buildKustomization, previewKustomization } from '../preview/preview-kustomization.ts'
import { inlineRender } from '../render/renderer.ts'
import { createGitRepo } from '../testing/git-repo.ts'
import { createWorld, home, hostTimers, isReady, type World } from '../testing/world.ts'
import { findOtherControllers } from './other-controllers.ts'

let world: World

beforeEach(async () => {
  world = await createWorld()
})

afterEach(() => world[Symbol.asyncDispose]())

function workload(kind: 'Deployment' | 'StatefulSet', name: string, labels: object, replicas = 1): KubeObject {
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'manager', image: 'controller:1' }] },
  }
  const spec = { replicas, selector: { matchLabels: { app: name } }, template }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: home, labels: { ...labels } },
    spec: kind === 'StatefulSet' ? { ...spec, serviceName: name } : spec,
  }
}

function flux(name: string, replicas = 1): KubeObject {
  const labels = { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name }
  return workload('Deployment', name, labels, replicas)
}

const argo = workload('StatefulSet', 'argocd-application-controller', {
  'app.kubernetes.io/part-of': 'argocd',
  'app.kubernetes.io/component': 'application-controller',
  'app.kubernetes.io/name': 'argocd-application-controller',
})

test('[E14] the agent does not start beside the controllers of Flux and Argo CD, and says what to do', async () => {
  for (const object of [flux('kustomize-controller'), flux('notification-controller'), argo]) {
    await world.cluster.create(object)
  }
  await expect(world.startAgent()).rejects.toMatchObject({
    failure: {
      code: 'OtherControllers',
      message:
        'other controllers in this cluster work on the same objects: Deployment/flux-system/kustomize-controller ' +
        "(Kustomizations), StatefulSet/flux-system/argocd-application-controller (Applications); two of them would undo each other's work",
      fix:
        'stop them (kubectl scale -n flux-system deployment kustomize-controller --replicas=0; ' +
        'kubectl scale -n flux-system statefulset argocd-application-controller --replicas=0), or go on beside them with --beside-others',
    },
  })
  expect(
    await world.get(
      'CustomResourceDefinition',
      '',
      'kustomizations.kustomize.toolkit.fluxcd.io',
      'apiextensions.k8s.io',
    ),
  ).toBeUndefined()
  await using beside = await world.startAgent({ besideOthers: true })
  expect(beside.agent.summary()).toEqual([])
})

test('[E14] controllers that are scaled to nothing are no hindrance', async () => {
  await world.cluster.create(flux('kustomize-controller', 0))
  await world.cluster.create(flux('image-reflector-controller'))
  expect(await findOtherControllers(world.cluster)).toEqual([])
  await using running = await world.startAgent()
  expect(running.agent.summary()).toEqual([])
})

test('[E14] a repository that Flux was bootstrapped from is applied without starting Flux, and again after a restart', async () => {
  using repo = createGitRepo()
  repo.commit({ 'cluster/controller.yaml': JSON.stringify(flux('kustomize-controller', 1)) })
  const controller = { group: 'apps', kind: 'Deployment', namespace: 'flux-system', name: 'kustomize-controller' }
  const root = {
    group: 'kustomize.toolkit.fluxcd.io',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'cluster',
  }
  for (const _start of ['first', 'second']) {
    await using running = await world.startAgent()
    await world.gitRepository('repo', repo.url)
    await world.kustomization('cluster', {})
    await world.until(root, isReady)
    await running.agent.idle()
    expect((await world.cluster.get(controller))?.['spec']).toMatchObject({ replicas: 0 })
  }
})

test('[E14] a preview says the same of controllers as the engine does, a build what the files say', async () => {
  await using _running = await world.startAgent()
  const object = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'cluster', namespace: home },
    spec: { interval: '1h', prune: true, path: './', sourceRef: { kind: 'GitRepository', name: 'repo' } },
  }
  const tree = treeFromFiles({ 'controller.yaml': JSON.stringify(flux('kustomize-controller', 1)) })
  const ports = { clock: { now: () => 0 }, timers: hostTimers, random: { next: () => 0 } }
  const request = { cluster: world.cluster, ports, object, tree, render: inlineRender() }
  const preview = await previewKustomization(request)
  const changes = preview.ok ? preview.value.plan.waves.flatMap((wave) => wave.changes) : []
  expect(changes.map(({ target }) => target.object['spec'])).toMatchObject([{ replicas: 0 }])
  const built = await buildKustomization(request)
  expect(built.ok ? built.value.map((one) => one.object['spec']) : []).toMatchObject([{ replicas: 1 }])
})
