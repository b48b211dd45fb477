import type { Cluster } from '@kedge/cluster'
import type { Capabilities } from '@kedge/helm'

/** The Helm whose rendering HelmReleases follow. */
const helmVersion = 'v4.2.0'

/** What charts learn of a cluster: its version and everything that it serves now. */
export async function readCapabilities(cluster: Cluster): Promise<Capabilities> {
  const [answer, surface] = await Promise.all([
    cluster.request({ method: 'GET', path: '/version' }),
    cluster.discovery.surface(),
  ])
  const { gitVersion } = (answer.body ?? {}) as { readonly gitVersion?: string }
  const versions = new Set<string>()
  for (const { group, version, kind } of surface.resources) {
    const groupVersion = group === '' ? version : `${group}/${version}`
    versions.add(groupVersion)
    versions.add(`${groupVersion}/${kind}`)
  }
  return { kubeVersion: gitVersion ?? 'v1.30.0', apiVersions: [...versions].toSorted(), helmVersion }
}
