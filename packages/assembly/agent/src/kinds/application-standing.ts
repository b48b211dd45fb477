import type { KubeObject } from '@kedge/manifest'

import type { Standing } from './controller.ts'

/** What this package looks at in an Application's status. */
export interface SeenStatus {
  readonly sync?: { readonly status?: string; readonly revision?: string }
  readonly health?: { readonly status?: string }
  readonly operationState?: { readonly phase?: string; readonly message?: string }
  readonly conditions?: readonly { readonly message?: string }[]
  readonly resources?: readonly Readonly<Record<string, unknown>>[]
}

export function statusOf(application: KubeObject): SeenStatus {
  return application['status'] ?? {}
}

/** How an Application stands: ready when it is in sync and healthy. `isOpen` when a pass over it is still to come. */
export function applicationStanding(application: KubeObject, isOpen: boolean): Standing {
  const { namespace = '', name = '' } = application.metadata
  const status = statusOf(application)
  const words = wordsOf(status)
  const state = stateOf(status, isOpen)
  return {
    kind: 'Application',
    namespace,
    name,
    state,
    reason: state === 'ready' ? '' : `${words.sync}/${words.health}`,
    revision: status.sync?.revision ?? '',
    message: messageOf(status),
  }
}

function wordsOf(status: SeenStatus): { readonly sync: string; readonly health: string } {
  return { sync: status.sync?.status ?? 'Unknown', health: status.health?.status ?? 'Unknown' }
}

function stateOf(status: SeenStatus, isOpen: boolean): Standing['state'] {
  const { sync, health } = wordsOf(status)
  if (isOpen || status.operationState?.phase === 'Running') return 'progressing'
  if (sync !== 'Synced') return 'failed'
  if (health === 'Progressing') return 'progressing'
  return health === 'Healthy' || health === 'Suspended' ? 'ready' : 'failed'
}

function messageOf(status: SeenStatus): string {
  return status.conditions?.[0]?.message ?? status.operationState?.message ?? ''
}
