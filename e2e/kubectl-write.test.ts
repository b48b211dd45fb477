/** kubectl changes objects: create, apply in both ways, diff, patch, edit, label, replace, delete. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findKubectl, isKubectlRequired, startKubectl, type Kubectl } from './kubectl/kubectl.ts'
import { configMap, deployment } from './kubectl/objects.ts'

let kubectl: Kubectl

const data = (name: string): Promise<string> => kubectl.ok`get cm ${name} -o jsonpath=${'{.data}'}`

const creations: readonly (readonly [object: string, kind: string, options: string])[] = [
  ['configmap/m', 'configmap', 'm --from-literal=x=y'],
  ['secret/m', 'secret', 'generic m --from-literal=x=y'],
  ['serviceaccount/m', 'serviceaccount', 'm'],
  ['deployment.apps/m', 'deployment', 'm --image=nginx --replicas=0'],
  ['job.batch/m', 'job', 'm --image=busybox -- true'],
  ['cronjob.batch/m', 'cronjob', 'm --image=busybox --schedule=@daily'],
  ['service/m', 'service', 'clusterip m --tcp=80'],
  ['service/n', 'service', 'nodeport n --tcp=80'],
  ['service/o', 'service', 'externalname o --external-name=example.com'],
  ['ingress.networking.k8s.io/m', 'ingress', 'm --rule=example.com/=m:80'],
  ['resourcequota/m', 'quota', 'm --hard=configmaps=100'],
  ['poddisruptionbudget.policy/m', 'poddisruptionbudget', 'm --selector=app=m --min-available=1'],
  ['role.rbac.authorization.k8s.io/m', 'role', 'm --verb=get --resource=pods'],
  ['rolebinding.rbac.authorization.k8s.io/m', 'rolebinding', 'm --role=m --user=jane'],
]

describe.runIf(findKubectl() !== undefined || isKubectlRequired)('kubectl changes', () => {
  beforeAll(async () => {
    kubectl = await startKubectl('write')
  })

  afterAll(() => kubectl.close())

  test('creates objects of many kinds, in protobuf', async () => {
    for (const [object, kind, options] of creations) {
      // Each word is an argument of its own.
      const words = Object.assign([`create ${kind} ${options}`], { raw: [] })
      expect(await kubectl.ok(words)).toBe(`${object} created\n`)
    }
    expect(await kubectl.fails`create configmap m`).toBe(
      'error: failed to create configmap: configmaps "m" already exists\n',
    )
    const job: { spec: { template: { spec: { restartPolicy: string } } } } = JSON.parse(
      await kubectl.ok`get job m -o json`,
    )
    expect(job.spec.template.spec.restartPolicy).toBe('Never')
    expect(await kubectl.ok`get secret m -o jsonpath=${'{.data.x}'}`).toBe('eQ==')
    expect(await kubectl.ok`create configmap dry --from-literal=a=b --dry-run=server -o name`).toBe('configmap/dry\n')
    expect(await kubectl.fails`get cm dry`).toContain('not found')
    const wrong = { ...deployment('wrong'), spec: { replicas: 1, nonsense: true } }
    expect(await kubectl.with({ input: wrong }).fails`create -f -`).toContain('unknown field "spec.nonsense"')
  })

  test('applies, and knows what it applied before', async () => {
    const apply = (object: unknown): Promise<string> => kubectl.with({ input: object }).ok`apply -f -`
    expect(await apply(configMap('c', { a: '1', b: '2' }))).toBe('configmap/c created\n')
    expect(await apply(configMap('c', { a: '1', b: '2' }))).toBe('configmap/c unchanged\n')
    await kubectl.ok`patch cm c --type=merge -p ${'{"data":{"other":"x"}}'}`
    expect(await apply(configMap('c', { a: '3' }))).toBe('configmap/c configured\n')
    expect(await data('c')).toBe('{"a":"3","other":"x"}')
    expect(await kubectl.ok`apply view-last-applied cm/c -o json`).toContain('"a": "3"')
    const changed = deployment('c')
    await apply(changed)
    expect(await apply(changed)).toBe('deployment.apps/c unchanged\n')
    await kubectl.ok`scale deployment c --replicas=0`
    expect(await apply(changed)).toBe('deployment.apps/c configured\n')
    expect(await kubectl.ok`get deployment c -o jsonpath=${'{.spec.replicas}'}`).toBe('2')
    expect(await kubectl.with({ input: configMap('c', {}) }).ok`apply --dry-run=server -f -`).toBe(
      'configmap/c configured (server dry run)\n',
    )
  })

  test('prunes what is no longer applied', async () => {
    const labels = { labels: { part: 'pruned' } }
    const list = (...items: readonly unknown[]): unknown => ({ apiVersion: 'v1', kind: 'List', items })
    const both = list(configMap('p1', { a: '1' }, labels), configMap('p2', { a: '1' }, labels))
    await kubectl.with({ input: both }).ok`apply -f -`
    const one = kubectl.with({ input: list(configMap('p1', { a: '1' }, labels)) })
    expect(await one.ok`apply -f - --prune -l part=pruned --prune-allowlist=core/v1/ConfigMap`).toBe(
      'configmap/p1 unchanged\nconfigmap/p2 pruned\n',
    )
  })

  test('applies on the server, with conflicts, force and a past on the client', async () => {
    const given = (a: string): Kubectl => kubectl.with({ input: configMap('s', { a }) })
    expect(await given('1').ok`apply --server-side -f -`).toBe('configmap/s serverside-applied\n')
    const conflict = await given('2').fails`apply --server-side --field-manager=other -f -`
    expect(conflict).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.a')
    await given('2').ok`apply --server-side --field-manager=other --force-conflicts -f -`
    expect(await data('s')).toBe('{"a":"2"}')
    await kubectl.with({ input: configMap('s2', { a: '1', b: '2' }) }).ok`apply -f -`
    await kubectl.with({ input: configMap('s2', { a: '3' }) }).ok`apply --server-side -f -`
    expect(await data('s2')).toBe('{"a":"3"}')
    const managers =
      await kubectl.ok`get cm s2 --show-managed-fields -o jsonpath=${'{.metadata.managedFields[*].manager}'}`
    expect(managers).toBe('kubectl-last-applied kubectl')
  })

  test('tells what an apply would change', async () => {
    await kubectl.with({ input: configMap('d', { a: '1' }) }).ok`apply -f -`
    const same = await kubectl.with({ input: configMap('d', { a: '1' }) }).run`diff -f -`
    expect([same.code, same.out]).toEqual([0, ''])
    const other = await kubectl.with({ input: configMap('d', { a: '2' }) }).run`diff -f -`
    expect(other.code).toBe(1)
    expect(other.out).toMatch(/-\s+a: "1"\n\+\s+a: "2"\n/)
    const served = await kubectl.with({ input: configMap('d', { a: '2' }) })
      .run`diff --server-side --force-conflicts -f -`
    expect(served.out).toMatch(/\+\s+a: "2"\n/)
    const fresh = await kubectl.with({ input: configMap('d-new', { a: '2' }) }).run`diff -f -`
    expect([fresh.code, fresh.out.includes('+  name: d-new')]).toEqual([1, true])
  })

  test('patches in each way', async () => {
    await kubectl.with({ input: deployment('p', { replicas: 0 }) }).ok`create -f -`
    const side = { spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } } }
    expect(await kubectl.ok`patch deployment p -p ${JSON.stringify(side)}`).toBe('deployment.apps/p patched\n')
    const names = '{.spec.template.spec.containers[*].name}'
    expect(await kubectl.ok`get deployment p -o jsonpath=${names}`).toBe('side main')
    const jsonPatch = '[{"op":"remove","path":"/spec/template/spec/containers/0"}]'
    await kubectl.ok`patch deployment p --type=json -p ${jsonPatch}`
    expect(await kubectl.ok`get deployment p -o jsonpath=${names}`).toBe('main')
    await kubectl.ok`patch deployment p --type=merge -p ${'{"metadata":{"labels":{"x":"y"}}}'}`
    expect(await kubectl.ok`patch deployment p --type=merge -p ${'{"metadata":{"labels":{"x":"y"}}}'}`).toBe(
      'deployment.apps/p patched (no change)\n',
    )
    await kubectl.ok`patch deployment p --subresource=scale --type=merge -p ${'{"spec":{"replicas":1}}'}`
    expect(await kubectl.ok`get deployment p --subresource=scale -o jsonpath=${'{.spec.replicas}'}`).toBe('1')
    expect(await kubectl.fails`patch deployment p -p ${'{"spec":{"replicas":-1}}'}`).toContain(
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
  })

  test('edits through an editor', async () => {
    await kubectl.with({ input: configMap('e', { a: '1' }) }).ok`create -f -`
    const editor = kubectl.file('editor.sh', '#!/bin/sh\nsed -i \'s/a: "1"/a: "2"/\' "$1"\n')
    const edit = kubectl.with({ env: { KUBE_EDITOR: editor } })
    expect(await edit.ok`edit cm e`).toBe('configmap/e edited\n')
    expect(await data('e')).toBe('{"a":"2"}')
    expect((await edit.run`edit cm e`).err).toBe('Edit cancelled, no changes made.\n')
  })

  test('labels and annotates', async () => {
    await kubectl.with({ input: configMap('l', {}) }).ok`create -f -`
    expect(await kubectl.ok`label cm l x=1 y=2`).toBe('configmap/l labeled\n')
    expect(await kubectl.fails`label cm l x=2`).toContain('already has a value (1), and --overwrite is false')
    await kubectl.ok`label cm l x=2 y- --overwrite`
    expect(await kubectl.ok`get cm l -o jsonpath=${'{.metadata.labels}'}`).toBe('{"x":"2"}')
    expect(await kubectl.ok`annotate cm -l x=2 note=hello`).toBe('configmap/l annotated\n')
    expect(await kubectl.ok`annotate cm l --list`).toBe('note=hello\n')
  })

  test('replaces, also by force', async () => {
    await kubectl.with({ input: configMap('r', { a: '1' }) }).ok`create -f -`
    expect(await kubectl.with({ input: configMap('r', { b: '2' }) }).ok`replace -f -`).toBe('configmap/r replaced\n')
    expect(await data('r')).toBe('{"b":"2"}')
    const uid = await kubectl.ok`get cm r -o jsonpath=${'{.metadata.uid}'}`
    const forced = await kubectl.with({ input: configMap('r', { c: '3' }) }).ok`replace --force -f -`
    expect(forced).toContain('configmap/r replaced\n')
    expect(await kubectl.ok`get cm r -o jsonpath=${'{.metadata.uid}'}`).not.toBe(uid)
    expect(await kubectl.with({ input: configMap('none', {}) }).fails`replace -f -`).toContain(
      'configmaps "none" not found',
    )
  })

  test('deletes, in each order, and waits for what is held', async () => {
    await kubectl.with({ input: configMap('x', {}, { finalizers: ['example.com/hold'] }) }).ok`create -f -`
    const waited = await kubectl.run`delete cm x --timeout=500ms`
    expect([waited.code, waited.err.includes('timed out waiting')]).toEqual([1, true])
    const deleted = kubectl.ok`wait --for=delete cm/x --timeout=20s`
    await kubectl.ok`patch cm x --type=merge -p ${'{"metadata":{"finalizers":null}}'}`
    await deleted
    for (const cascade of ['background', 'foreground', 'orphan']) {
      await kubectl.with({ input: deployment(cascade, { replicas: 1 }) }).ok`create -f -`
      await kubectl.ok`wait --for=create pod -l app=${cascade} --timeout=30s`
      expect(await kubectl.ok`delete deployment ${cascade} --cascade=${cascade} --timeout=30s`).toMatch(/deleted/)
    }
    await kubectl.ok`wait --for=delete pod -l app=background --timeout=30s`
    expect(await kubectl.ok`get replicasets,pods -l app=foreground -o name`).toBe('')
    expect(await kubectl.ok`get replicasets -l app=orphan -o name`).toMatch(/^replicaset.apps\/orphan-/)
    await kubectl.ok`delete all -l app=orphan --force --grace-period=0`
    expect(await kubectl.ok`delete cm nothing --ignore-not-found`).toBe('')
    expect(await kubectl.ok`delete cm -l x=2 --dry-run=server`).toMatch(/deleted.*\(server dry run\)\n/)
    expect(await kubectl.ok`delete cm l e --now`).toMatch(/"l" deleted/)
  })
})
