/** Runs release actions on a test cluster as the agent does: real requests, watches, clock and records. */
import { createCluster } from '@kedge/cluster'
import { defaultApiVersions } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import {
  runRelease,
  type ReleaseContent,
  type ReleasePorts,
  type ReleaseProgram,
  type ReleaseTarget,
} from '@kedge/release'

import { createKindCaches, engineCluster } from '../../packages/assembly/agent/src/cluster/engine-cluster.ts'
import { createPauses, recordHost, recordStore } from '../../packages/assembly/agent/src/cluster/release-ports.ts'
import { inlineHelmRender } from '../../packages/assembly/agent/src/render/helm-render.ts'
import { packChart } from '../../packages/assembly/agent/src/testing/pack-chart.ts'
import { realPorts } from '../../test/cluster/real-ports.ts'
import type { TestCluster } from '../../test/cluster/target.ts'

export interface ReleaseRunner extends AsyncDisposable {
  readonly target: ReleaseTarget
  run<T>(program: ReleaseProgram<T>): Promise<T>
  /** Renders a chart of files for the target. */
  render(files: Readonly<Record<string, string>>, changes?: RenderChanges): Promise<ReleaseContent>
  get(kind: string, name: string): Promise<KubeObject | undefined>
  /** Resolves when the watch cache shows what is wanted of an object. */
  until(kind: string, name: string, isSeen: (live: KubeObject | undefined) => boolean): Promise<void>
}

export interface RenderChanges {
  readonly values?: Readonly<Record<string, unknown>>
  readonly chartValues?: Readonly<Record<string, unknown>>
  readonly revision?: number
}

const groups: Readonly<Record<string, { readonly group: string; readonly version: string }>> = {
  Deployment: { group: 'apps', version: 'v1' },
  Job: { group: 'batch', version: 'v1' },
}

/** A release of a name in a namespace of a test cluster. */
export function releaseRunner(
  test: TestCluster,
  names: { readonly name: string; readonly namespace: string; readonly fieldManager: string },
): ReleaseRunner {
  const { name, namespace, fieldManager } = names
  const cluster = createCluster(test.config, realPorts)
  const listeners = new Set<(object: KubeObject) => void>()
  const caches = createKindCaches(cluster, (event) => {
    if (!('object' in event)) return
    for (const tell of listeners) tell(event.object)
  })
  const ports: ReleasePorts = {
    cluster: engineCluster({ reader: cluster, writer: cluster, caches }),
    clock: realPorts.clock,
    record: { saveInventory: () => Promise.reject(new Error('the records are the record ahead')) },
    claims: { claimedElsewhere: () => undefined },
    records: recordStore(cluster),
    host: recordHost,
    pauses: createPauses({
      ...realPorts,
      live: (ref) => caches.live(ref),
      listen: (onChange) => {
        listeners.add(onChange)
        return () => listeners.delete(onChange)
      },
    }),
  }
  const target: ReleaseTarget = {
    id: `${namespace}/${name}`,
    name,
    namespace,
    storageNamespace: namespace,
    fieldManager,
    takeOver: [],
    inventory: [],
    protect: [],
  }
  const render = inlineHelmRender()
  const refOf = (kind: string, object: string) => ({
    ...(groups[kind] ?? { group: '', version: 'v1' }),
    kind,
    namespace,
    name: object,
  })
  return {
    target,
    run: (program) => runRelease(program, ports, { owner: { deliveryId: target.id, revision: '' } }),
    async render(files, { values = {}, revision = 1, chartValues } = {}) {
      const outcome = await render(
        {
          chart: packChart(files),
          values,
          ...(chartValues === undefined ? {} : { chartValues }),
          name,
          namespace,
          revision,
          isUpgrade: revision > 1,
          capabilities: { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.2' },
          skipSchemaValidation: false,
          postRenderers: [],
          postRenderStrategy: 'combined',
          originLabels: {},
          labels: {},
          owner: target.id,
        },
        () => Promise.resolve(undefined),
      )
      if (outcome.kind === 'failed') throw new Error(outcome.failure.message)
      return outcome.content
    },
    get: (kind, object) => cluster.get(refOf(kind, object)),
    async until(kind, object, isSeen) {
      const ref = refOf(kind, object)
      for (;;) {
        const live = caches.live(ref)
        if (live !== 'unknown' && isSeen(live)) return
        const resourceVersion = live === 'unknown' ? '' : (live?.metadata.resourceVersion ?? '')
        await ports.pauses.pause([{ ref, resourceVersion }], Date.now() + 60_000)
      }
    },
    async [Symbol.asyncDispose]() {
      caches.close()
      await cluster.close()
    },
  }
}

/** A small chart with hooks of every sort. */
export const webChart: Readonly<Record<string, string>> = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: "1"\n',
  'web/values.yaml': 'color: blue\nextra: false\nlabel: fine\n',
  'web/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {state: {{ .Values.label | quote }}}
data: {color: {{ .Values.color }}}
`,
  'web/templates/extra.yaml': `{{ if .Values.extra }}apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-extra}
{{ end }}`,
  'web/templates/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 1
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers: [{name: web, image: nginx}]
`,
  'web/templates/prepare.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
`,
  'web/templates/test.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
`,
  'web/templates/bye.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-bye
  annotations: {helm.sh/hook: post-delete, helm.sh/hook-delete-policy: hook-succeeded}
`,
  'web/templates/NOTES.txt': 'Installed {{ .Release.Name }}.\n',
}
