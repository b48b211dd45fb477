import {
  findCondition,
  generatorLabel,
  generatorOf,
  generatorReconcileAnnotation,
  isDisabledGenerator,
  readArtifactGenerator,
  readConditions,
  reconcileArtifactGenerator,
} from '@kedge/flux'
import { gvkOf, type KubeObject } from '@kedge/manifest'

import type { Cluster } from '@kedge/cluster'
import { createObjectView, type ObjectView } from '../cluster/object-view.ts'
import { passContext } from '../pass-context.ts'
import type { ExternalFiles } from '../sources/external-files.ts'
import type { GeneratorBuilds } from '../sources/generator-builds.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Controller, Standing } from './controller.ts'
import type { ExternalArtifacts, ExternalMakers } from './external-artifacts.ts'
import { finishPass } from './finish-pass.ts'
import { interpret, type FluxInterpreter } from './interpret.ts'
import { asksForTurn, priorityOf, refOf, standingOf } from './object-standing.ts'
import { createObjectWriter, type ObjectWriter } from './object-writer.ts'
import { createReferencesBy, type References } from './references.ts'
import type { SourceObjects } from './source-objects.ts'

const kind = 'ArtifactGenerator'
/** As Flux's own controller of the kind is named. */
const fieldManager = 'source-watcher'

/** The generators as they are known, before their controller is there. */
export interface GeneratorView {
  readonly view: ObjectView
  readonly makers: ExternalMakers
}

/** Follows the ArtifactGenerators. */
export function viewGenerators(parts: Pick<AgentParts, 'cluster' | 'wake'>): GeneratorView {
  const view = createObjectView(parts.cluster, { group: 'source.extensions.fluxcd.io', version: 'v1beta1', kind })
  const find = (external: KubeObject): KubeObject | undefined => {
    const name = generatorOf(external)
    const found = name === undefined ? undefined : view.get(external.metadata.namespace ?? '', name)
    // One that is suspended brings nothing.
    return found === undefined || isDisabledGenerator(found) ? undefined : found
  }
  return {
    view,
    makers: {
      leads: (external) => find(external) !== undefined,
      wake(external, priority) {
        const generator = find(external)
        if (generator === undefined) return false
        parts.wake(kind, refOf(generator), priority)
        return true
      },
    },
  }
}

export interface ArtifactGeneratorsOptions {
  readonly view: ObjectView
  readonly builds: GeneratorBuilds
  readonly externals: ExternalArtifacts
  readonly files: Pick<ExternalFiles, 'adopt'>
  readonly sources: Pick<SourceObjects, 'get' | 'onArtifact'>
}

/** Keeps ArtifactGenerators, and looks at them again when their sources or what they made have changed. */
export function createArtifactGenerators(parts: AgentParts, options: ArtifactGeneratorsOptions): Controller {
  return new GeneratorController(parts, options)
}

class GeneratorController implements Controller {
  readonly kind = kind
  readonly #parts: AgentParts
  readonly #options: ArtifactGeneratorsOptions
  readonly #view: ObjectView
  readonly #writer: ObjectWriter
  readonly #references: References<undefined>

  constructor(parts: AgentParts, options: ArtifactGeneratorsOptions) {
    this.#parts = parts
    this.#options = options
    this.#view = options.view
    this.#writer = createObjectWriter({
      cluster: parts.cluster,
      view: this.#view,
      fieldManager,
      hasStatusSubresource: true,
    })
    this.#references = createReferencesBy(usesOf)
    this.#view.onEvent((event) => {
      const ref = refOf(event.object)
      if (event.type === 'deleted') {
        this.#references.delete(`${ref.namespace}/${ref.name}`)
        options.builds.forget(ref)
      } else this.#references.set(event.object)
      if (event.type !== 'modified' || isAsking(event.previous, event.object))
        parts.wake(kind, ref, priorityOf(event.object))
      parts.changed()
    })
    options.sources.onArtifact((sourceKind, namespace, name) => {
      for (const key of this.#references.usersOfSource(sourceKind, `${namespace}/${name}`)) {
        const [at = '', user = ''] = key.split('/')
        parts.wake(kind, { namespace: at, name: user })
      }
    })
  }

  get synced(): Promise<void> {
    return this.#view.synced
  }

  async turn(namespace: string, name: string): ReturnType<Controller['turn']> {
    const object = this.#view.get(namespace, name)
    if (object === undefined) return { kind: 'stalled', reason: 'deleted' }
    const end = await interpret(reconcileArtifactGenerator(object, passContext(this.#parts)), this.#effects(object))
    const latest = this.#view.get(namespace, name) ?? object
    return finishPass(end, { object: latest, parts: this.#parts, writer: this.#writer, reporter: fieldManager })
  }

  objects(): readonly KubeObject[] {
    return this.#view.list()
  }

  standing(object: KubeObject): Standing {
    return generatorStanding(object)
  }

  close(): void {
    this.#view.close()
  }

  #effects(object: KubeObject): FluxInterpreter {
    const { builds, sources, externals, files } = this.#options
    const { cluster } = this.#parts
    return {
      'set-finalizers': async ({ finalizers }) => {
        await this.#writer.finalizers(object, finalizers)
        return null
      },
      read: ({ ref }) => Promise.resolve(sources.get(ref.kind, ref.namespace, ref.name)),
      generate: ({ request }) => builds.generate(request),
      'list-generated': ({ generator }) => {
        const { namespace, uid } = generator.metadata
        const isOwn = ({ metadata }: KubeObject): boolean =>
          metadata.namespace === namespace && metadata.labels?.[generatorLabel] === uid
        return Promise.resolve(externals.view.list().filter(isOwn))
      },
      'settle-external': async ({ generator, write, isStored }) => {
        const place = refOf(write.object)
        const made = builds.made(generator, place.name)
        if (made !== undefined) files.adopt(place, made)
        if (!isStored) externals.view.wrote(await applyExternal(cluster, write))
        this.#parts.wake(externals.kind, place)
        return null
      },
      'delete-external': async ({ external }) => {
        const { uid } = external.metadata
        await cluster.delete({ ...gvkOf(external), ...refOf(external) }, uid === undefined ? {} : { uid })
        return null
      },
    }
  }
}

async function applyExternal(
  cluster: Cluster,
  { object, status }: { readonly object: KubeObject; readonly status: Readonly<Record<string, unknown>> },
): Promise<KubeObject> {
  const options = { fieldManager, force: true }
  await cluster.apply(object, options)
  const { apiVersion, kind: externalKind } = object
  const body = { apiVersion, kind: externalKind, metadata: refOf(object), status }
  return (await cluster.applyStatus(body, options)).object
}

function usesOf(
  object: KubeObject,
): { spec: undefined; dependsOn: readonly string[]; uses: readonly string[] } | undefined {
  const parsed = readArtifactGenerator(object)
  if (!parsed.ok) return undefined
  const uses = parsed.value.sources.map((source) => `${source.kind} ${source.namespace}/${source.name}`)
  return { spec: undefined, dependsOn: [], uses: [...new Set(uses)] }
}

function isAsking(before: KubeObject, after: KubeObject): boolean {
  const state = (object: KubeObject): string | undefined => object.metadata.annotations?.[generatorReconcileAnnotation]
  return asksForTurn(before, after) || state(before) !== state(after)
}

/** The status of the kind has no generation: its conditions have. */
function generatorStanding(object: KubeObject): Standing {
  const ready = findCondition(readConditions(object['status']), 'Ready')
  const status = { ...(object['status'] as object | undefined), observedGeneration: ready?.observedGeneration }
  const standing = standingOf({ ...object, status })
  if (!isDisabledGenerator(object)) return { ...standing, revision: '' }
  return { ...standing, revision: '', state: 'suspended', reason: 'Suspended' }
}
