import type { Clock, Random, Result, Timers } from '@kedge/base'
import { ok } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { emptyMemory, preview, run, type Delivery, type Preview } from '@kedge/engine'
import type { TargetCluster } from '@kedge/flux'

import { createTargetClusters, type TargetClusters } from '../cluster/target-clusters.ts'
import { readObject } from '../kinds/object-standing.ts'

/** The cluster that a preview looks at, and never writes to. */
export interface PreviewHost {
  readonly cluster: Cluster
  readonly ports: { readonly clock: Clock; readonly timers: Timers; readonly random: Random }
}

/** What a pass over a delivery would do, stopped before its first write. */
export function previewDelivery(
  host: PreviewHost,
  { delivery, target }: { readonly delivery: Delivery; readonly target: TargetCluster },
): Promise<Result<Preview>> {
  return withTargets(host, async (clusters) => {
    const found = await clusters.find(target)
    if (!found.ok) return found
    const { clock } = host.ports
    const enginePorts = {
      cluster: found.value.port,
      record: { saveInventory: () => Promise.resolve() },
      claims: { claimedElsewhere: () => undefined },
      clock,
    }
    const pass = { delivery, memory: emptyMemory, nowMs: clock.now() }
    const owner = { deliveryId: delivery.id, revision: delivery.revision }
    return ok(await run(preview(pass), enginePorts, { owner }))
  })
}

/** Does a work with the clusters that deliveries go to, which are closed at its end. */
export async function withTargets<T>(
  { cluster, ports }: PreviewHost,
  work: (clusters: TargetClusters) => Promise<T>,
): Promise<T> {
  const clusters = createTargetClusters({
    cluster,
    ports,
    readSecret: (namespace, name) => readObject(cluster, { apiVersion: 'v1', kind: 'Secret', namespace, name }),
    onEvent: () => undefined,
  })
  try {
    return await work(clusters)
  } finally {
    await clusters.close()
  }
}
