import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'
import type { Preview } from '@kedge/engine'
import {
  driftRules,
  readHelmReleaseStatus,
  readReleaseInventory,
  type ActionOrder,
  type OrderedContent,
  type StorageAnswer,
} from '@kedge/flux'
import { type Capabilities, type HookEvent, type StoredHook, type StoredRelease } from '@kedge/helm'
import { ApiError, type KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpPort } from '@kedge/registry'
import { previewDrift, previewRelease, readHistory, type ReleaseContent } from '@kedge/release'

import { readCapabilities } from '../kinds/helm-releases/capabilities.ts'
import { readStorage, type HelmHost } from '../kinds/helm-releases/effects.ts'
import { actionOptions } from '../kinds/helm-releases/options.ts'
import { clusterLookup, renderRequest } from '../kinds/helm-releases/render.ts'
import { createReleaseWorks, type OpenRelease, type ReleaseWorks, type WorkFor } from '../kinds/helm-releases/work.ts'
import type { ChartArchive, HelmRender } from '../render/helm-request.ts'
import { definedVersions } from './defined-versions.ts'
import { createPreviewCharts, type LocalChart, type PreviewCharts } from './preview-chart.ts'
import { withTargets, type PreviewHost } from './preview-delivery.ts'
import { leadToOrder, type Led } from './reach-order.ts'

/** What the preview of a HelmRelease is made from. */
export interface HelmReleasePreviewRequest extends PreviewHost {
  /** The HelmRelease, as it is or as it is meant to be. */
  readonly object: KubeObject
  /** The chart's files, or those of the repository that has it, in place of the source's artifact. */
  readonly local?: LocalChart
  readonly render: HelmRender
  /** The way out to artifacts and to the repositories of charts. */
  readonly http: HttpPort
  /** Entra identities for charts in Azure's registries. */
  readonly azure?: AzureIdentity
}

/** What an install or upgrade of a HelmRelease would bring. */
export interface HelmReleaseBuild {
  /** The action that would bring it. */
  readonly action: 'install' | 'upgrade'
  /** As it is stored. */
  readonly manifest: string
  /** Hooks that the action would run, in the order of the chart. */
  readonly hooks: readonly StoredHook[]
  /** What the render warned of. */
  readonly warnings: readonly string[]
}

/** What a pass over a HelmRelease would change. */
export interface HelmReleasePreview extends Preview {
  /** The action that a pass would begin with; undefined when it would only look for drift. */
  readonly action: ActionOrder['action']['kind'] | undefined
  /** Hooks that it would run, each with its manifest in the revision that is deployed; empty without an action. */
  readonly hooks: readonly HookPreview[]
  /** What the render warned of, and why a pass might not do what is shown. */
  readonly warnings: readonly string[]
}

export interface HookPreview {
  readonly hook: StoredHook
  /** Undefined for one that the last revision did not have. */
  readonly before: string | undefined
}

/** Renders what a HelmRelease would install or upgrade to, whether or not it is due. */
export function buildHelmRelease(request: HelmReleasePreviewRequest): Promise<Result<HelmReleaseBuild>> {
  return contained(() =>
    withWorkbench(request, async (bench) => {
      const made = await bench.make()
      const { order, content, warnings } = made
      const action = order.action.kind === 'install' ? 'install' : 'upgrade'
      return { action, manifest: content.manifest, hooks: hooksOf(order, content), warnings }
    }),
  )
}

/**
 * What a pass over a HelmRelease would change: its own pass, up to the first write. A chart of files at hand is always
 * compared; a release that stands as it should is compared as its drift detection would.
 */
export function previewHelmRelease(request: HelmReleasePreviewRequest): Promise<Result<HelmReleasePreview>> {
  return contained(() =>
    withWorkbench(request, async (bench) => {
      const due = request.local === undefined ? await bench.due() : undefined
      if (due !== undefined && stands(due)) return bench.drift()
      const { order, open, content, last, warnings } = await bench.make()
      const previewed = unwrap(await open.run(previewRelease(open.release, content, actionOptions(order))))
      const before = new Map((last?.hooks ?? []).map((hook) => [hookKey(hook), hook.manifest]))
      const hooks = hooksOf(order, content).map((hook) => ({ hook, before: before.get(hookKey(hook)) }))
      const unseen = request.local === undefined ? [] : unseenChange({ order, content, last })
      const stop = due?.stop === undefined ? [] : [`a pass ends before the ${order.action.kind}: ${due.stop}`]
      const action = due?.order?.action.kind ?? order.action.kind
      return { ...previewed, action, hooks, warnings: [...warnings, ...unseen, ...stop] }
    }),
  )
}

/** Whether all that a pass would do is to look for drift, and to run tests. */
function stands({ order, stop }: Led): boolean {
  return stop === undefined && (order === undefined || order.action.kind === 'test')
}

/** Flux tells charts out of files apart by their version alone, unless it is told to look at the revision. */
function unseenChange({ order, content, last }: Pick<Made, 'order' | 'content' | 'last'>): readonly string[] {
  const { chart } = order.spec
  const isByVersion = chart?.sourceRef.kind !== 'HelmRepository' && chart?.spec['reconcileStrategy'] === 'ChartVersion'
  const [before, after] = [last?.chart, content.chart].map((one) => one?.metadata?.['version'])
  if (!isByVersion || last === undefined || before !== after || last.manifest === content.manifest) return []
  const version = typeof after === 'string' ? after : ''
  return [
    `the chart still has the version ${version}: its changes are released when that is raised, or with spec.chart.spec.reconcileStrategy Revision`,
  ]
}

/** A rendered release on its cluster. */
interface Made {
  readonly order: ActionOrder
  readonly open: OpenRelease
  readonly content: ReleaseContent
  readonly last: StoredRelease | undefined
  readonly warnings: readonly string[]
}

interface Workbench {
  /** The action that is due by the records and the status. */
  due(): Promise<Led>
  /** An install or upgrade, rendered. */
  make(): Promise<Made>
  /** What has drifted from the revision that is stored. */
  drift(): Promise<HelmReleasePreview>
}

function withWorkbench<T>(request: HelmReleasePreviewRequest, work: (bench: Workbench) => Promise<T>): Promise<T> {
  return withTargets(request, (clusters) => {
    const { clock, timers } = request.ports
    const works = createReleaseWorks({
      clock,
      timers,
      targets: () => clusters,
      events: { tell: () => undefined, listen: () => () => undefined },
      charts: {
        source: () => undefined,
        chart: () => Promise.resolve({ kind: 'awaited' }),
        onArtifact: () => undefined,
      },
      render: request.render,
      claimedElsewhere: () => undefined,
    })
    return work(new Bench(request, works))
  })
}

class Bench implements Workbench {
  readonly #request: HelmReleasePreviewRequest
  readonly #works: ReleaseWorks
  readonly #work: WorkFor
  readonly #charts: PreviewCharts

  constructor(request: HelmReleasePreviewRequest, works: ReleaseWorks) {
    this.#request = request
    this.#works = works
    this.#charts = createPreviewCharts(request, request)
    this.#work = {
      owner: request.object,
      inventory: readReleaseInventory(readHelmReleaseStatus(request.object)),
      saveInventory: () => Promise.resolve(),
    }
  }

  due(): Promise<Led> {
    const host: Pick<HelmHost, 'records' | 'works' | 'workFor'> = {
      works: this.#works,
      workFor: () => this.#work,
      records: noRecords,
    }
    return this.#lead(this.#request.object, ({ query }) => readStorage(query, this.#request.object, host))
  }

  async make(): Promise<Made> {
    const { order, archive } = await this.#asNew()
    if (order.content === undefined) throw new FailureError(noAction)
    const open = await this.#open(order)
    const history = await this.#history(open)
    const last = history.at(-1)
    const isNew = last === undefined || last.info.status === 'uninstalled'
    const due: ActionOrder = { ...order, action: { kind: isNew ? 'install' : 'upgrade' } }
    const rendered = await this.#render({ order: due, content: order.content, archive, open, history })
    return { order: due, open, last, ...rendered }
  }

  async drift(): Promise<HelmReleasePreview> {
    const { order } = await this.#asNew()
    const open = await this.#open(order)
    const last = (await this.#history(open)).at(-1)
    if (last === undefined) throw new FailureError(noAction)
    const rules = driftRules(order.spec.drift.ignore)
    const previewed = unwrap(await open.run(previewDrift(open.release, last, rules)))
    return { ...previewed, action: undefined, hooks: [], warnings: [] }
  }

  /** Without records and status there is nothing but to install: the action that has all there is to say. */
  async #asNew(): Promise<{ readonly order: ActionOrder; readonly archive: ChartArchive }> {
    const { status: _status, ...fresh } = this.#request.object
    const object: KubeObject = { ...fresh, ...identityOf(this.#request.object) }
    const { order, archive } = await this.#lead(object, () => Promise.resolve(emptyStorage))
    if (order === undefined) throw new FailureError(noAction)
    return { order, archive }
  }

  #lead(object: KubeObject, storage: Parameters<typeof leadToOrder>[0]['storage']): Promise<Led> {
    const { local } = this.#request
    return leadToOrder({ host: this.#request, object, charts: this.#charts, local, storage })
  }

  async #open({ release, target }: ActionOrder): Promise<OpenRelease> {
    return unwrap(await this.#works.open(release, target, this.#work))
  }

  async #history(open: OpenRelease): Promise<readonly StoredRelease[]> {
    const history = await open.run(readHistory(open.release))
    if (!history.ok) throw new FailureError(history.failure)
    return history.releases
  }

  /** As the action renders it; the kinds of its own definitions are known, which the action would bring before. */
  async #render(made: Rendering): Promise<Pick<Made, 'content' | 'warnings'>> {
    const { order, open, history, content } = made
    const { cluster } = open.target
    const render = (capabilities: Capabilities) => {
      const request = renderRequest(order, this.#request.object, {
        archive: made.archive,
        content,
        history,
        capabilities,
      })
      return this.#request.render(request, clusterLookup(cluster))
    }
    const known = await readCapabilities(cluster)
    let outcome = await render(known)
    const crds = outcome.kind === 'rendered' ? outcome.content.crds : outcome.crds
    const defined = actionOptions(order).crds === 'Skip' ? [] : definedVersions(crds)
    const added = defined.filter((version) => !known.apiVersions.includes(version))
    if (added.length > 0) {
      outcome = await render({ ...known, apiVersions: [...known.apiVersions, ...added].toSorted() })
    }
    if (outcome.kind === 'failed') throw new FailureError(outcome.failure)
    return { content: outcome.content, warnings: outcome.warnings }
  }
}

interface Rendering {
  readonly order: ActionOrder
  readonly content: OrderedContent
  readonly archive: ChartArchive
  readonly open: OpenRelease
  readonly history: readonly StoredRelease[]
}

const emptyStorage: StorageAnswer = { kind: 'facts', facts: { revisions: [], malformed: [] }, preserved: undefined }

/** Nothing is remembered between two previews. */
const noRecords: HelmHost['records'] = {
  recall: () => undefined,
  stamp: () => undefined,
  remember: () => undefined,
  forget: () => undefined,
  close: () => undefined,
}

const noAction: Failure = { code: 'PreviewFailed', message: 'the pass ended before there was anything to install' }

function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata }
}

function hooksOf({ action, ...order }: ActionOrder, content: ReleaseContent): readonly StoredHook[] {
  if (!actionOptions({ action, ...order }).hooks) return []
  const kind = action.kind === 'install' ? 'install' : 'upgrade'
  const events: readonly HookEvent[] = [`pre-${kind}`, `post-${kind}`]
  return content.hooks.filter((hook) => events.some((event) => hook.events.includes(event)))
}

function hookKey({ kind, name, path }: StoredHook): string {
  return `${path} ${kind}/${name}`
}

/** Runs what throws failures and errors of the API. */
async function contained<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof FailureError) return fail(error.failure)
    if (error instanceof ApiError) return fail({ code: error.status.reason, message: error.message })
    throw error
  }
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new FailureError(result.failure)
}
