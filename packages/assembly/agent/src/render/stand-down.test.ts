import type { KubeObject } from '@kedge/manifest'
import { treeFromFiles } from '@kedge/tree'
import { expect, test } from 'vitest'

import type { RenderOutcome } from './render-tree.ts'
import { standDownOthers } from './stand-down.ts'

function workload(name: string, family: string, kind = 'Deployment'): KubeObject {
  const labels = { 'app.kubernetes.io/part-of': family, 'app.kubernetes.io/component': name }
  return { apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'flux-system', labels }, spec: { replicas: 1 } }
}

async function render(objects: readonly KubeObject[]): Promise<{ outcome: RenderOutcome; told: string[] }> {
  const told: string[] = []
  const rendered = objects.map((object) => ({ object, origin: {} }))
  const source = { kind: 'rendered', objects: rendered, digest: 'sha256:1' } as unknown as RenderOutcome
  const wrapped = standDownOthers(
    () => Promise.resolve(source),
    (object, work) => told.push(`${object.metadata.name ?? ''}: ${work}`),
  )
  const outcome = await wrapped(treeFromFiles({}), {} as never)
  return { outcome, told }
}

test('[E14] controllers that a repository brings get no replicas when Kedge does their work, and others run', async () => {
  const { outcome, told } = await render([
    workload('source-watcher', 'flux'),
    workload('application-controller', 'argocd', 'StatefulSet'),
    workload('notification-controller', 'flux'),
    workload('source-controller', 'mine'),
    workload('source-controller', 'flux', 'Service'),
  ])
  const replicas = outcome.kind === 'rendered' ? outcome.objects.map(({ object }) => object['spec']) : []
  expect(replicas).toEqual([{ replicas: 0 }, { replicas: 0 }, { replicas: 1 }, { replicas: 1 }, { replicas: 1 }])
  expect(told).toEqual(['source-watcher: ArtifactGenerators', 'application-controller: Applications'])
  expect(outcome).not.toMatchObject({ digest: 'sha256:1' })
})

test('[E14] what brings no such controller is as it was', async () => {
  const { outcome } = await render([workload('web', 'shop')])
  expect(outcome).toMatchObject({ digest: 'sha256:1', objects: [{ object: workload('web', 'shop') }] })
})
