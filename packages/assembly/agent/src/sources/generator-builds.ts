import { FailureError } from '@kedge/base'
import {
  planArtifacts,
  type GenerateAnswer,
  type GeneratedArtifact,
  type Generation,
  type ObservedSource,
  type Place,
  type PlannedArtifact,
  type StoredArtifact,
} from '@kedge/flux'
import { unpackArchive, type ArtifactServer } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import type { SourceObjects } from '../kinds/source-objects.ts'
import type { MadeFiles } from './external-files.ts'
import { composeArtifact } from './generator-copy.ts'
import { indexOf } from './generator-index.ts'

/** The artifacts of ArtifactGenerators, held as trees and served to others. */
export interface GeneratorBuilds {
  generate(request: Generation): Promise<GenerateAnswer>
  /** What the last `generate` has made under a name, for who reads it without HTTP. */
  made(generator: Place, name: string): MadeFiles | undefined
  /** Serves nothing of a generator any more. */
  forget(generator: Place): void
}

export interface GeneratorBuildsOptions {
  readonly sources: Pick<SourceObjects, 'tree' | 'problem' | 'refresh'>
  /** The archive of a HelmChart, while it is held. */
  readonly chart: (place: Place, digest: string) => Uint8Array | undefined
  readonly artifacts: Pick<ArtifactServer, 'publish' | 'withdraw'>
}

interface Held {
  readonly tree: FileTree
  readonly revision: string
  /** As it is served, without a revision. */
  readonly stored: Omit<StoredArtifact, 'revision'>
  /** Path of the artifact that this one took the place of. */
  readonly before: string | undefined
}

export function createGeneratorBuilds(options: GeneratorBuildsOptions): GeneratorBuilds {
  return new ComposedArtifacts(options)
}

class ComposedArtifacts implements GeneratorBuilds {
  readonly #options: GeneratorBuildsOptions
  readonly #held = new Map<string, ReadonlyMap<string, Held>>()
  /** What was made last, and of what: the same is not made twice. */
  readonly #last = new Map<string, { readonly wanted: string; readonly artifacts: readonly GeneratedArtifact[] }>()
  /** Trees of charts, by digest of their archives. */
  readonly #charts = new Map<string, FileTree>()

  constructor(options: GeneratorBuildsOptions) {
    this.#options = options
  }

  async generate(request: Generation): Promise<GenerateAnswer> {
    try {
      return await this.#generate(request)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      return { kind: 'failed', failure: error.failure, isTerminal: false }
    }
  }

  made(generator: Place, name: string): MadeFiles | undefined {
    const held = this.#held.get(keyOf(generator))?.get(name)
    return held === undefined ? undefined : { revision: held.revision, digest: held.stored.digest, tree: held.tree }
  }

  forget(generator: Place): void {
    this.#withdraw(this.#held.get(keyOf(generator)) ?? new Map())
    this.#held.delete(keyOf(generator))
    this.#last.delete(keyOf(generator))
  }

  #withdraw(gone: ReadonlyMap<string, Held>): void {
    for (const { stored, before } of gone.values())
      for (const path of [stored.path, before]) if (path !== undefined) this.#options.artifacts.withdraw(path)
  }

  async #generate({ place, spec, sources }: Generation): Promise<GenerateAnswer> {
    const wanted = JSON.stringify([spec, sources])
    const last = this.#last.get(keyOf(place))
    if (last?.wanted === wanted) return { kind: 'generated', artifacts: last.artifacts }
    const trees = new Map<string, FileTree>()
    for (const source of sources) {
      const tree = await this.#treeOf(source)
      if (tree === undefined) return { kind: 'awaited' }
      trees.set(source.alias, tree)
    }
    const planned = planArtifacts(spec, (alias) => {
      const tree = trees.get(alias)
      return tree === undefined ? undefined : indexOf(tree).directories()
    })
    if (!planned.ok) {
      const message = `failed to expand path pattern: ${planned.failure.message}`
      return { kind: 'failed', failure: { ...planned.failure, message }, isTerminal: true }
    }
    // All are composed before any is shown: a broken one holds up the others rather than tear them apart.
    const composed: { readonly artifact: PlannedArtifact; readonly tree: FileTree }[] = []
    for (const artifact of planned.value)
      composed.push({ artifact, tree: await composeArtifact(artifact, (alias) => trees.get(alias)) })
    const before = this.#held.get(keyOf(place)) ?? new Map<string, Held>()
    const after = new Map<string, Held>()
    const artifacts: GeneratedArtifact[] = []
    const byAlias = new Map(sources.map((source) => [source.alias, source]))
    for (const { artifact, tree } of composed) {
      const { name, labels } = artifact
      const { stored, previous } = await this.#store({ namespace: place.namespace, name }, tree, before.get(name))
      const revision = byAlias.get(artifact.revision ?? '')?.revision ?? `latest@${stored.digest}`
      const origin = byAlias.get(artifact.originRevision ?? '')?.originRevision
      after.set(name, { tree, revision, stored, before: previous })
      const metadata = origin === undefined ? {} : { 'org.opencontainers.image.revision': origin }
      artifacts.push({ name, labels, artifact: { ...stored, revision }, metadata })
    }
    this.#held.set(keyOf(place), after)
    this.#last.set(keyOf(place), { wanted, artifacts })
    this.#withdraw(new Map([...before].filter(([name]) => !after.has(name))))
    return { kind: 'generated', artifacts }
  }

  /** The files of a source's artifact; undefined while they are on their way. Throws FailureError when there are none. */
  async #treeOf(source: ObservedSource): Promise<FileTree | undefined> {
    const { kind, namespace, name, revision, digest } = source
    const { sources } = this.#options
    const tree = kind === 'HelmChart' ? await this.#chartTree(source, digest) : sources.tree(kind, source, revision)
    if (tree !== undefined) return tree
    const problem = sources.problem(kind, source, revision)
    if (problem !== undefined)
      throw new FailureError({
        ...problem,
        code: 'SourceFetchFailed',
        message: `fetch sources failed: ${problem.message}`,
      })
    sources.refresh(kind, { namespace, name })
    return undefined
  }

  async #chartTree(place: Place, digest: string): Promise<FileTree | undefined> {
    const known = this.#charts.get(digest)
    if (known !== undefined) return known
    const bytes = this.#options.chart(place, digest)
    if (bytes === undefined) return undefined
    const tree = await unpackArchive(bytes)
    this.#charts.set(digest, tree)
    for (const oldest of this.#charts.keys()) {
      if (this.#charts.size <= maxCharts) break
      this.#charts.delete(oldest)
    }
    return tree
  }

  /** Packs and serves a tree, unless it is what is served already. */
  async #store(
    place: Place,
    tree: FileTree,
    old: Held | undefined,
  ): Promise<Pick<Held, 'stored'> & { readonly previous: string | undefined }> {
    const { artifacts } = this.#options
    if (old?.tree.digest === tree.digest) return { stored: old.stored, previous: old.before }
    const hex = tree.digest.slice(tree.digest.indexOf(':') + 1)
    const path = `externalartifact/${keyOf(place)}/${hex}.tar.gz`
    const stored = await artifacts.publish(path, tree)
    // The one before stays for who is still fetching it; only the one before that is withdrawn.
    if (old?.before !== undefined && old.before !== path) artifacts.withdraw(old.before)
    return { stored, previous: old?.stored.path }
  }
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`
}

/** Unpacked charts that are held at once. */
const maxCharts = 64
