import { FailureError, type Failure } from '@kedge/base'
import type { FluxAnswers, HelmRepositorySpec, Place } from '@kedge/flux'
import type { FetchedIndex } from '@kedge/registry'

import type { ChartIndexes } from './chart-indexes.ts'
import { helmAccess } from './helm-access.ts'
import { createPublishedFiles, type Published } from './published-files.ts'
import { withinTime, type SourceHost } from './source-host.ts'

/** The indexes of HelmRepositories as their artifacts. */
export interface HelmIndexes {
  fetch(spec: HelmRepositorySpec, place: Place): Promise<FluxAnswers['fetch-index']>
  forget(place: Place): void
}

export function createHelmIndexes(host: SourceHost, indexes: ChartIndexes): HelmIndexes {
  const files = createPublishedFiles(host.artifacts, { folder: 'helmrepository', latest: 'index.yaml' })
  const published = new Map<string, Published>()

  async function fetch(spec: HelmRepositorySpec, place: Place): Promise<FluxAnswers['fetch-index']> {
    const access = await helmAccess(host, spec, place.namespace)
    const limit = { timeoutMs: spec.timeoutMs, code: 'TimedOut' }
    const index = await withinTime(host, limit, (signal) => indexes.refresh(access, signal))
    const key = `${place.namespace}/${place.name}`
    const before = published.get(key)
    if (before?.artifact.digest === index.digest) return { kind: 'fetched', ...before, changed: false }
    const now = files.publish(key, fileOf(index, indexes))
    published.set(key, now)
    return { kind: 'fetched', ...now, changed: true }
  }

  return {
    async fetch(spec, place) {
      try {
        return await fetch(spec, place)
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        return { kind: 'failed', failure: fluxFailure(error.failure) }
      }
    },
    forget({ namespace, name }) {
      files.forget(`${namespace}/${name}`)
      published.delete(`${namespace}/${name}`)
    },
  }
}

function fileOf({ digest, bytes }: FetchedIndex, indexes: ChartIndexes) {
  return {
    revision: digest,
    digest,
    size: bytes.length,
    contentType: 'text/yaml',
    name: `index-${digest.slice('sha256:'.length)}.yaml`,
    read: () => indexes.bytes(digest),
  }
}

/** Reasons and opening words as Flux has them. */
function fluxFailure(failure: Failure): Failure {
  switch (failure.code) {
    case 'AuthenticationFailed':
      return failure
    case 'IndexMalformed': {
      const message = `failed to load Helm repository from index YAML: ${failure.message}`
      return { ...failure, code: 'IndexationFailed', message }
    }
    default:
      return { ...failure, code: 'Failed', message: `failed to fetch Helm repository index: ${failure.message}` }
  }
}
