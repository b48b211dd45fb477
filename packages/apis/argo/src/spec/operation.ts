import { type KubeObject } from '@kedge/manifest'

import { asRecord, flagAt, listAt, textAt } from '../json.ts'
import {
  readRetry,
  readSource,
  readSyncOptions,
  type ApplicationSource,
  type Retry,
  type SyncOptions,
} from './application.ts'

/** What the operation slot, or the engine itself, asks for. */
export interface SyncOperation {
  /** The target revision of the source where empty. */
  readonly revision: string
  readonly prune: boolean
  readonly dryRun: boolean
  readonly force: boolean
  /** Takes the place of the spec's source, as a rollback does. */
  readonly source: ApplicationSource | undefined
  /** Only these objects; all when empty. */
  readonly resources: readonly SelectedResource[]
  readonly syncOptions: SyncOptions | undefined
  readonly automated: boolean
  readonly username: string
  readonly retry: Retry | undefined
  /** As it stands in the slot, for the operation state. */
  readonly raw: Readonly<Record<string, unknown>>
}

export interface SelectedResource {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** The operation in an Application's slot; undefined when there is none. */
export function readOperation(object: KubeObject): SyncOperation | undefined {
  const raw = asRecord(object['operation'])
  return raw === undefined ? undefined : parseOperation(raw)
}

/** An operation as the slot holds it. */
export function parseOperation(raw: Readonly<Record<string, unknown>>): SyncOperation {
  const sync = asRecord(raw['sync']) ?? {}
  const initiator = asRecord(raw['initiatedBy'])
  const source = asRecord(sync['source'])
  const strategy = asRecord(sync['syncStrategy'])
  const options = listAt(sync, 'syncOptions')
  return {
    revision: textAt(sync, 'revision'),
    prune: flagAt(sync, 'prune'),
    dryRun: flagAt(sync, 'dryRun'),
    force: flagAt(asRecord(strategy?.['apply']), 'force') || flagAt(asRecord(strategy?.['hook']), 'force'),
    source: source === undefined ? undefined : readSource(source),
    resources: listAt(sync, 'resources').flatMap((item) => {
      const one = asRecord(item)
      if (one === undefined) return []
      return [
        {
          group: textAt(one, 'group'),
          kind: textAt(one, 'kind'),
          namespace: textAt(one, 'namespace'),
          name: textAt(one, 'name'),
        },
      ]
    }),
    syncOptions: options.length === 0 ? undefined : readSyncOptions(options),
    automated: flagAt(initiator, 'automated'),
    username: textAt(initiator, 'username'),
    retry: readRetry(asRecord(raw['retry'])),
    raw,
  }
}

/** The operation that an automated application starts by itself. */
export function automatedOperation(options: {
  readonly revision: string
  readonly prune: boolean
  readonly attempt: number
}): SyncOperation {
  return parseOperation({
    initiatedBy: { automated: true },
    sync: {
      revision: options.revision,
      prune: options.prune,
      ...(options.attempt === 0 ? {} : { autoHealAttemptsCount: options.attempt }),
    },
    retry: { limit: 5 },
  })
}
