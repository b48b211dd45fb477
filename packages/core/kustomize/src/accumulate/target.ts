import { FailureError, type Origin } from '@kedge/base'
import { buildFailure, located, wrapFailure } from '../build-failure.ts'
import { readConfigs } from '../config/read-config.ts'
import { readCrds } from '../config/crd-config.ts'
import { useOpenApi } from '../config/open-api.ts'
import { defaultConfig, emptyConfig, mergeConfigs, type TransformerConfig } from '../config/transformer-config.ts'
import { generateConfigMap, generateSecret, mergeGeneratorOptions } from '../generate/config-objects.ts'
import { generateChart, missingChart } from '../generate/helm.ts'
import { newReadLog, type Loader, type LoadedFile } from '../load/loader.ts'
import { withoutPassword } from '../load/repository.ts'
import type { HelmChart } from '../model/kustomization.ts'
import type { Resource } from '../model/resource.ts'
import type { KustomizationFile } from '../read/read-kustomization.ts'
import { readObjects, resourcesOf, type ReadObject } from '../read/read-resources.ts'
import { mergeVars, noteVars, varOf } from '../transform/vars.ts'
import { Accumulator } from './accumulator.ts'
import type { BuildState } from './build-state.ts'
import { builtInSteps } from './built-in-steps.ts'
import {
  ORIGIN_ANNOTATION,
  appendPath,
  formatNote,
  joinNotePath,
  noteOrigin,
  noteTransformation,
  type OriginNote,
} from './origin-annotation.ts'
import { checkKind, loadSource } from './load-source.ts'
import { noteReads, type Reads } from './base-cache.ts'
import { generatorOf, transformerOf, type Generator, type PluginContext } from './plugins.ts'
import { ResourceSet } from './resource-set.ts'
import type { TraceStep } from './trace.ts'
import { runValidator } from './validator.ts'

/** What a kustomization passes on to its bases and components. */
export interface Inherited {
  readonly buildMetadata: readonly string[]
  /** Where this kustomization lies, for notes; undefined when no notes are wanted. */
  readonly note: OriginNote | undefined
  readonly helmNamespace: string
}

/** One kustomization of a build. */
export class Target {
  readonly #state: BuildState
  readonly #loader: Loader
  readonly #source: KustomizationFile
  readonly #inherited: Inherited

  constructor(state: BuildState, options: { loader: Loader; source: KustomizationFile; inherited: Inherited }) {
    this.#state = state
    this.#loader = options.loader
    this.#source = options.source
    this.#inherited = options.inherited
  }

  get source(): KustomizationFile {
    return this.#source
  }

  /** Gathers and transforms everything that this kustomization names. */
  accumulate(start: Accumulator): Accumulator {
    const { fields, originOf } = this.#source
    let result = start
    for (const path of [...(fields.resources ?? []), ...(fields.components ?? [])]) this.#loader.expect(path)
    this.#addResources(result, fields.resources ?? [], 'resources')
    result.config = mergeConfigs(result.config, this.#ownConfig())
    result.config = mergeConfigs(
      result.config,
      located(originOf('crds'), () => readCrds(fields.crds ?? [], this.#loader)),
    )
    this.#runGenerators(result)
    result = this.#addComponents(result)
    this.#runTransformers(result)
    this.#runValidators(result)
    const vars = (fields.vars ?? []).map((one, index) => varOf(one, originOf('vars', index)))
    try {
      noteVars(result.resources, vars)
      result.vars = mergeVars(result.vars, vars)
    } catch (error) {
      throw wrapFailure(error, 'merging vars', originOf('vars'))
    }
    return result
  }

  #ownConfig(): TransformerConfig {
    const { fields, originOf } = this.#source
    return located(originOf('configurations'), () =>
      mergeConfigs(defaultConfig, readConfigs(fields.configurations ?? [], this.#loader)),
    )
  }

  get #context(): PluginContext {
    const { scopes, schemas, charts } = this.#state
    return { loader: this.#loader, scopes, schemas, charts }
  }

  #addResources(into: Accumulator, paths: readonly string[], field: string): void {
    paths.forEach((path, index) => {
      try {
        this.#addPath(into, path)
      } catch (error) {
        throw wrapFailure(
          error,
          `accumulating ${field} from '${withoutPassword(path)}'`,
          this.#source.originOf(field, index),
        )
      }
    })
  }

  /** A path is a file, or else a folder with a kustomization of its own. */
  #addPath(into: Accumulator, path: string): void {
    if (this.#loader.isFolder(path)) {
      this.#addFolder(into, this.#loader.enter(path), { path, isComponent: false })
      return
    }
    const read = this.#tryRead(path)
    if (read instanceof FailureError) {
      const loader = this.#enter(path, read)
      this.#addFolder(into, loader, { path, isComponent: false })
      return
    }
    const { file, objects } = read
    const resources = resourcesOf(objects, this.#state.scopes, file.name)
    const { note } = this.#inherited
    if (note !== undefined) {
      const text = formatNote(appendPath(note, path))
      for (const resource of resources) resource.setAnnotation(ORIGIN_ANNOTATION, text)
    }
    try {
      into.resources.appendAll(resources)
    } catch (error) {
      throw wrapFailure(error, `merging resources from '${withoutPassword(path)}'`)
    }
    this.#state.trace?.({ by: 'resources', origin: { file: file.name }, file: file.name }, into.resources.list)
  }

  #tryRead(path: string): { file: LoadedFile; objects: readonly ReadObject[] } | FailureError {
    try {
      const file = this.#loader.load(path)
      return { file, objects: this.#state.parsed.objectsOf(file) }
    } catch (error) {
      if (error instanceof FailureError) return error
      throw error
    }
  }

  #enter(path: string, notFile: FailureError): Loader {
    try {
      return this.#loader.enter(path)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      // What is wrong with the file is a better cause than that it is no folder or repository.
      const isFile = !['kustomize-not-found', 'kustomize-remote'].includes(notFile.failure.code)
      const isNothing = error.failure.code === 'kustomize-not-found'
      if (isNothing && notFile.failure.code === 'kustomize-not-found') throw neither(notFile, error)
      if (isFile || (isNothing && notFile.failure.code === 'kustomize-remote')) throw notFile
      throw error
    }
  }

  #addFolder(into: Accumulator, loader: Loader, { path, isComponent }: { path: string; isComponent: boolean }): void {
    const cached = isComponent ? undefined : this.#cachedFolder(loader)
    if (cached !== undefined) return into.merge(cached)
    const log = newReadLog()
    const warningsBefore = this.#state.warnings.length
    const recorded = loader.recordingTo(log)
    const source = loadSource(recorded, this.#state)
    useOpenApi(source, { ...this.#context, loader: recorded }, false)
    checkKind(source, isComponent)
    const { namespace = '' } = this.#source.fields
    const target = new Target(this.#state, {
      loader: recorded,
      source,
      inherited: {
        buildMetadata: this.#inherited.buildMetadata,
        note: this.#inherited.note === undefined ? undefined : appendPath(this.#inherited.note, path),
        helmNamespace: namespace === '' ? this.#inherited.helmNamespace : namespace,
      },
    })
    const result = target.accumulate(isComponent ? into : new Accumulator())
    const reads = noteReads(log, loader.tree)
    if (loader.tree === this.#state.tree) this.#loader.noteReads(reads)
    if (isComponent) {
      // kustomize puts the result of a component into an empty accumulator, which drops field specs anew.
      into.config = mergeConfigs(emptyConfig, into.config)
      return
    }
    this.#rememberFolder(loader, { result, reads, warnings: this.#state.warnings.slice(warningsBefore) })
    into.merge(result)
  }

  get #mayCache(): boolean {
    const { bases, schemas, charts, trace } = this.#state
    if (bases === undefined || charts !== undefined || trace !== undefined || this.#loader.reachesOut) return false
    return !schemas.chosen && this.#inherited.note === undefined
  }

  #cachedFolder(loader: Loader): Accumulator | undefined {
    const { bases, tree, scopes, warnings } = this.#state
    if (bases === undefined || !this.#mayCache || loader.tree !== tree) return undefined
    const found = bases.get(loader.key, tree, scopes)
    if (found === undefined) return undefined
    this.#loader.noteReads(found.reads)
    warnings.push(...found.warnings)
    return found.result
  }

  #rememberFolder(loader: Loader, made: { result: Accumulator; reads: Reads; warnings: readonly string[] }): void {
    const { bases, tree } = this.#state
    if (bases !== undefined && this.#mayCache && loader.tree === tree) bases.put(loader.key, made)
  }

  #runGenerators(into: Accumulator): void {
    for (const step of [...this.#builtInGenerators(), ...this.#externalGenerators()]) {
      const resources = step.generate()
      if (step.note !== undefined) for (const resource of resources) noteOrigin(resource, step.note)
      try {
        const set = new ResourceSet()
        set.appendAll(resources)
        into.resources.absorb(set.list)
      } catch (error) {
        throw wrapFailure(error, 'merging from generator', step.origin)
      }
      this.#state.trace?.(step, into.resources.list)
    }
  }

  #builtInGenerators(): readonly GeneratorStep[] {
    const { fields, originOf } = this.#source
    const options = fields.generatorOptions
    const steps: GeneratorStep[] = []
    const add = (kind: string, origin: Origin, generate: Generator): void => {
      steps.push({ by: kind, origin, note: this.#noteBy(kind), generate: guarded(generate, origin) })
    }
    for (const [index, args] of (fields.configMapGenerator ?? []).entries()) {
      const merged = { ...args, ...optional(mergeGeneratorOptions(args.options, options)) }
      add('ConfigMapGenerator', originOf('configMapGenerator', index), () => [generateConfigMap(merged, this.#context)])
    }
    for (const [index, args] of (fields.secretGenerator ?? []).entries()) {
      const merged = { ...args, ...optional(mergeGeneratorOptions(args.options, options)) }
      add('SecretGenerator', originOf('secretGenerator', index), () => [generateSecret(merged, this.#context)])
    }
    this.#expectCharts()
    for (const [index, chart] of (fields.helmCharts ?? []).entries()) {
      const placed = this.#placeChart(chart)
      add('HelmChartInflationGenerator', originOf('helmCharts', index), () =>
        generateChart(placed, fields.helmGlobals ?? {}, this.#context),
      )
    }
    return steps
  }

  #expectCharts(): void {
    const { helmCharts = [], helmGlobals = {} } = this.#source.fields
    if (this.#state.charts === undefined) return
    for (const chart of helmCharts) {
      const missing = missingChart(chart, helmGlobals, this.#loader)
      if (missing !== undefined) this.#loader.expectChart(missing)
    }
  }

  #placeChart(chart: HelmChart): HelmChart {
    if (chart.namespace !== undefined && chart.namespace !== '') return chart
    const own = this.#source.fields.namespace ?? ''
    const namespace = own === '' ? this.#inherited.helmNamespace : own
    return namespace === '' ? chart : { ...chart, namespace }
  }

  #externalGenerators(): readonly GeneratorStep[] {
    const { fields, originOf } = this.#source
    return this.#configurations(fields.generators ?? [], 'generators').map((resource) => {
      const generator = generatorOf(resource, this.#context)
      const origin = resource.origin ?? originOf('generators')
      return { by: resource.kind, origin, note: noteOfPlugin(resource), generate: guarded(generator, origin) }
    })
  }

  /** The objects under `generators`, `transformers` or `validators`: given in place, in files, or in folders. */
  #configurations(entries: readonly string[], field: string): readonly Resource[] {
    if (entries.length === 0) return []
    const gathered = new Accumulator()
    const paths: string[] = []
    entries.forEach((entry, index) => {
      const inline = this.#inlineObjects(entry, this.#source.originOf(field, index))
      if (inline === undefined) paths.push(entry)
      else gathered.resources.appendAll(inline)
    })
    this.#addResources(gathered, paths, field)
    return gathered.resources.list
  }

  #inlineObjects(text: string, origin: Origin): readonly Resource[] | undefined {
    let resources
    try {
      resources = resourcesOf(readObjects(text, undefined), this.#state.scopes, undefined)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      // A text of several lines is meant to be an object, and no path.
      if (text.includes('\n')) throw buildFailure('kustomize-resource', error.failure.message, { origin, cause: error })
      return undefined
    }
    const placed = resources.map((resource) => resource.placedAt(origin))
    const { note } = this.#inherited
    if (note !== undefined) {
      const at = formatNote(appendPath(note, fileNameOf(this.#source.file)))
      for (const resource of placed) resource.setAnnotation(ORIGIN_ANNOTATION, at)
    }
    return placed
  }

  #noteBy(kind: string): OriginNote | undefined {
    const { note } = this.#inherited
    if (note === undefined) return undefined
    return {
      ...(note.repo === undefined ? {} : { repo: note.repo }),
      ...(note.ref === undefined ? {} : { ref: note.ref }),
      configuredIn: joinNotePath(note.path ?? '', fileNameOf(this.#source.file)),
      configuredBy: { apiVersion: 'builtin', kind },
    }
  }

  #addComponents(into: Accumulator): Accumulator {
    const { fields, originOf } = this.#source
    for (const [index, path] of (fields.components ?? []).entries()) {
      try {
        this.#addFolder(into, this.#loader.enter(path), { path, isComponent: true })
      } catch (error) {
        throw wrapFailure(
          error,
          `accumulating components from '${withoutPassword(path)}'`,
          originOf('components', index),
        )
      }
    }
    return into
  }

  #runTransformers(into: Accumulator): void {
    const { fields, originOf } = this.#source
    const steps = builtInSteps(this.#source, into.config, this.#context).map((step) => ({
      ...step,
      note: this.#noteBy(step.by),
    }))
    const external = this.#configurations(fields.transformers ?? [], 'transformers').map((resource) => ({
      by: resource.kind,
      origin: resource.origin ?? originOf('transformers'),
      run: transformerOf(resource, this.#context),
      note: noteOfPlugin(resource),
    }))
    for (const { run, note, ...step } of [...steps, ...external]) {
      located(step.origin, () => run(into.resources))
      this.#state.trace?.(step, into.resources.list)
      if (note !== undefined) for (const resource of into.resources.list) noteTransformation(resource, note)
    }
  }

  #runValidators(into: Accumulator): void {
    const { fields, originOf } = this.#source
    for (const resource of this.#configurations(fields.validators ?? [], 'validators')) {
      const run = transformerOf(resource, this.#context, 'validators')
      runValidator(run, into.resources, resource.origin ?? originOf('validators'))
    }
  }
}

/** What is neither a file nor a folder. */
function neither({ failure: file }: FailureError, { failure: folder }: FailureError): FailureError {
  return new FailureError({ ...file, message: `${file.message}: ${folder.message}` })
}

interface GeneratorStep extends TraceStep {
  readonly note: OriginNote | undefined
  readonly generate: Generator
}

function guarded(generate: Generator, origin: Origin): Generator {
  return () => {
    try {
      return generate()
    } catch (error) {
      throw wrapFailure(error, 'generating', origin)
    }
  }
}

function optional<T>(options: T | undefined): { readonly options?: T } {
  return options === undefined ? {} : { options }
}

/** The last part of a path, or of the address of a file in a repository. */
function fileNameOf(path: string): string {
  return /[^/?]*(?=$|\?ref=)/.exec(path)?.[0] ?? ''
}

function noteOfPlugin(resource: Resource): OriginNote | undefined {
  const text = resource.annotations[ORIGIN_ANNOTATION]
  if (text === undefined) return undefined
  const path = /^path: (.*)$/m.exec(text)?.[1]
  const repo = /^repo: (.*)$/m.exec(text)?.[1]
  const ref = /^ref: (.*)$/m.exec(text)?.[1]
  const { apiVersion, kind, name, namespace } = resource
  return {
    ...(repo === undefined ? {} : { repo }),
    ...(ref === undefined ? {} : { ref }),
    ...(path === undefined ? {} : { configuredIn: path }),
    configuredBy: { apiVersion, kind, name, namespace },
  }
}
