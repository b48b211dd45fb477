import type { ApplyOptions, Cluster } from '@kedge/cluster'

/** What the tests write as. */
export const manager: ApplyOptions = { fieldManager: 'kedge-e2e', force: true }

/** Makes a ServiceAccount `tenant` that may edit its namespace and nothing else. */
export async function createTenant(cluster: Cluster, namespace: string): Promise<void> {
  const metadata = { name: 'tenant', namespace }
  await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, manager)
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  }
  await cluster.apply(binding, manager)
}

/** Makes a GitRepository `repo` of a repository's main branch, which is looked at when the test says so. */
export async function createSource(cluster: Cluster, namespace: string, url: string): Promise<void> {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace },
    spec: { url, interval: '10m', ref: { branch: 'main' } },
  }
  await cluster.apply(source, manager)
}
