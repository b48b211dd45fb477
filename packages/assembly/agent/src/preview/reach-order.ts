import { FailureError, type Failure } from '@kedge/base'
import {
  defaultSettings,
  reconcileHelmRelease,
  type ActionOrder,
  type Artifact,
  type ChartLoad,
  type HelmAnswers,
  type HelmEffect,
  type HelmReleaseEnd,
  type ReadRef,
  type StorageAnswer,
} from '@kedge/flux'
import { loadChartArchive } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'

import { recordHost } from '../cluster/release-ports.ts'
import { celExpressions } from '../expressions.ts'
import { readObject } from '../kinds/object-standing.ts'
import { passContext } from '../pass-context.ts'
import type { ChartArchive } from '../render/helm-request.ts'
import type { LocalChart, PreviewCharts } from './preview-chart.ts'
import type { PreviewHost } from './preview-delivery.ts'
import { alone } from './alone.ts'

/** How a pass over a HelmRelease is led to its first action. */
export interface Leading {
  readonly host: PreviewHost
  readonly object: KubeObject
  readonly charts: PreviewCharts
  /** The chart's files in place of its source's. */
  readonly local: LocalChart | undefined
  /** Answers for the records. */
  readonly storage: (effect: Extract<HelmEffect, { kind: 'read-storage' }>) => Promise<StorageAnswer>
}

/** Where a pass was led to: the action it would begin, and the chart that it loaded on the way. */
export interface Led {
  /** Undefined when there is none to begin. */
  readonly order: ActionOrder | undefined
  /** Why there is none although the release is not as it should be, as after too many failures. */
  readonly stop: string | undefined
  readonly archive: ChartArchive
}

/**
 * Runs the reconciler of HelmReleases until it begins an action or compares the cluster. Writes nothing. Throws
 * FailureError where it ends before.
 */
export async function leadToOrder(leading: Leading): Promise<Led> {
  const { object, host } = leading
  const context = passContext({ ...host.ports, settings: defaultSettings, expressions: celExpressions() })
  const input = { object: alone(object), resumed: undefined, dependenciesOf: () => [] }
  const program = reconcileHelmRelease(input, context)
  const way = new Way(leading)
  let step = program.next()
  while (!step.done) {
    if (step.value.kind === 'find-drift') break
    step = program.next(await way.answer(step.value))
  }
  return way.ledTo(step.done === true ? step.value : undefined)
}

function endFailure(summary: string): Failure {
  return { code: 'PreviewFailed', message: summary === '' ? 'the pass ended before anything was to be done' : summary }
}

/** Carries out the effects on the way, none of which write. */
class Way {
  #archive: ChartArchive | undefined
  #problem: Failure | undefined
  #hasAskedStorage = false
  readonly #leading: Leading
  /** The HelmChart as it is asked for, when the cluster has another one or none. */
  #asked: KubeObject | undefined
  /** The source that was read last. */
  #source: KubeObject | undefined

  constructor(leading: Leading) {
    this.#leading = leading
  }

  /** What has come of a pass that has got here; its end, when it has ended. */
  ledTo(end: HelmReleaseEnd | undefined): Led {
    const hasEndedEarly = end !== undefined && !this.#hasAskedStorage
    if (this.#problem !== undefined) throw new FailureError(this.#problem)
    if (this.#archive === undefined || hasEndedEarly) throw new FailureError(endFailure(end?.summary ?? ''))
    const isStopped = end !== undefined && end.start === undefined && end.next.kind !== 'done'
    return { order: end?.start, stop: isStopped ? end.summary : undefined, archive: this.#archive }
  }

  async answer(effect: HelmEffect): Promise<HelmAnswers[HelmEffect['kind']]> {
    switch (effect.kind) {
      case 'read':
        return this.#read(effect.ref)
      case 'apply-chart':
        this.#asked = effect.chart
        return { outcome: 'configured' }
      case 'load-chart':
        return this.#load(effect.artifact)
      case 'read-storage': {
        this.#hasAskedStorage = true
        const answer = await this.#leading.storage(effect)
        if (answer.kind !== 'facts') this.#problem = answer.failure
        return answer
      }
      case 'set-finalizers':
      case 'delete-chart':
        return null
      case 'find-drift':
      case 'correct-drift':
        throw new Error(`a preview does not ask for ${effect.kind}`)
    }
  }

  /** A source whose chart is at hand is there, whether or not it was ever fetched. */
  async #read(ref: ReadRef): Promise<KubeObject | undefined> {
    const live = await readObject(this.#leading.host.cluster, ref)
    const isSource = ref.apiVersion.startsWith('source.toolkit.fluxcd.io/')
    if (!isSource) return live
    this.#source = live
    const isAtHand = this.#leading.local !== undefined || this.#asked !== undefined
    return isAtHand ? atHand(live, ref) : live
  }

  async #load(artifact: Artifact): Promise<ChartLoad> {
    this.#archive = await this.#fetch(artifact)
    const { metadata } = loadChartArchive(this.#archive.bytes, { gunzip: recordHost.gunzip })
    const { name, version, appVersion } = metadata
    return { kind: 'loaded', chart: { name, version, appVersion: appVersion ?? '' } }
  }

  #fetch(artifact: Artifact): Promise<ChartArchive> {
    const { charts, local } = this.#leading
    const source = this.#source
    const isChart = this.#asked !== undefined || source?.kind === 'HelmChart'
    if (local !== undefined) return charts.fromFiles(local, isChart ? withStatus(this.#asked, source) : undefined)
    if (this.#asked !== undefined) return charts.fromRepository(this.#asked)
    if (source === undefined) throw new Error('a chart is loaded of no source')
    return charts.fromArtifact(source, artifact)
  }
}

/** The HelmChart that is asked for, with what is known of the one that is there. */
function withStatus(asked: KubeObject | undefined, live: KubeObject | undefined): KubeObject | undefined {
  if (asked === undefined || live === undefined) return asked ?? live
  return { ...asked, status: live['status'] }
}

/** The source with an artifact, as the reconciler wants to see it. */
function atHand(live: KubeObject | undefined, ref: ReadRef): KubeObject {
  const { apiVersion, kind, namespace, name } = ref
  const object: KubeObject = live ?? { apiVersion, kind, metadata: { namespace, name } }
  // The digest of an artifact that is not pushed yet; where there is one, a chart's version has its first digits.
  const artifact = { revision: `local@sha256:${'0'.repeat(64)}`, digest: '' }
  const { generation } = object.metadata
  return { ...object, status: { artifact, ...(generation === undefined ? {} : { observedGeneration: generation }) } }
}
