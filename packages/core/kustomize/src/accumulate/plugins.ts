import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import { generateConfigMap, generateSecret } from '../generate/config-objects.ts'
import { generateChart, type ChartRenderer } from '../generate/helm.ts'
import { generateServiceAccount } from '../generate/iam-policy.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { formatId } from '../model/identity.ts'
import { looseValue, trimSpace } from '../read/loose-value.ts'
import type { Replacement } from '../model/kustomization.ts'
import type { Resource } from '../model/resource.ts'
import {
  boolean,
  integer,
  list,
  record,
  string,
  strings,
  type Fields,
  type Shape,
  type Strictness,
} from '../read/shape.ts'
import {
  configMapArgs,
  helmChart,
  helmGlobals,
  image,
  patch,
  fieldSpec,
  replacement,
  replica,
  secretArgs,
  selector,
} from '../read/spec-shapes.ts'
import { affixTransformer } from '../transform/affix.ts'
import { hashTransformer } from '../transform/hash.ts'
import { imageTransformer } from '../transform/images.ts'
import { namespaceTransformer, type SubjectMode } from '../transform/namespace.ts'
import { json6902Transformer, patchTransformer, strategicMergeTransformer } from '../transform/patches.ts'
import { replacementTransformer } from '../transform/replacements.ts'
import { replicaTransformer } from '../transform/replicas.ts'
import { entriesTransformer } from '../transform/string-maps.ts'
import { valueAddTransformer, type ValueTarget } from '../transform/value-add.ts'
import type { TransformContext, Transformer } from '../transform/transformer.ts'
import { readReplacements } from './read-replacements.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** Makes objects. */
export type Generator = () => readonly Resource[]

export interface PluginContext extends TransformContext {
  readonly charts: ChartRenderer | undefined
}

type Config = Readonly<Record<string, unknown>>

/** The generator that an object under `generators` configures. */
export function generatorOf(resource: Resource, context: PluginContext): Generator {
  return configure(resource, 'generators', () => {
    const make = generators[resource.kind]
    if (make !== undefined) return make(configOf(resource), context)
    if (transformers[resource.kind] === undefined) throw unknownPlugin(resource)
    throw buildFailure('kustomize-function', `plugin ${formatId(resource.originalId)} not a generator`)
  })
}

/** The transformer that an object under `transformers` or `validators` configures. */
export function transformerOf(
  resource: Resource,
  context: PluginContext,
  field: 'transformers' | 'validators' = 'transformers',
): Transformer {
  return configure(resource, field, () => {
    const make = transformers[resource.kind]
    if (make !== undefined) return make(configOf(resource), context)
    if (generators[resource.kind] === undefined) throw unknownPlugin(resource)
    throw buildFailure('kustomize-function', `plugin ${formatId(resource.originalId)} not a transformer`)
  })
}

function unknownPlugin(resource: Resource): Error {
  return buildFailure('kustomize-function', `unable to load builtin ${formatId(resource.id)}`)
}

function configure<T>(resource: Resource, field: string, make: () => T): T {
  const { group, version } = resource.id
  if (group !== '' || version !== 'builtin') throw refused(resource, field)
  try {
    return make()
  } catch (error) {
    throw wrapFailure(error, `plugin ${formatId(resource.originalId)} fails configuration`, resource.origin)
  }
}

const FUNCTION = /^config\.(?:kubernetes|k8s)\.io\/function$/

/** Containers and programs are never started. */
function refused(resource: Resource, field: string): Error {
  const isFunction = Object.keys(resource.annotations).some((name) => FUNCTION.test(name))
  const what = isFunction ? 'KRM function' : 'external plugin'
  return buildFailure(
    'kustomize-function',
    `external plugins disabled; unable to load external plugin '${resource.kind}': ` +
      `the ${what} in field '${field}' would run a program`,
    { origin: resource.origin, fix: 'use a built-in transformer or generator instead' },
  )
}

function configOf(resource: Resource): Config {
  return jsonValue(resource.node) as Config
}

const specs = list<FieldSpec>(fieldSpec, { path: '' })

function read<T extends object>(fields: Fields<T>, config: Config, strictness: Strictness = 'lenient'): Partial<T> {
  return record<T>(fields)(config, '', strictness) ?? {}
}

/** The name and namespace of a generator's own metadata stand in for those of its arguments. */
function withMetadata<T extends { readonly name?: string; readonly namespace?: string }>(args: T, config: Config): T {
  const meta = metadataOf(config)
  const name = args.name === undefined || args.name === '' ? meta.name : args.name
  const namespace = args.namespace === undefined || args.namespace === '' ? meta.namespace : args.namespace
  return {
    ...args,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

const metadataShape: Shape<{ name?: string; namespace?: string }> = record<{ name?: string; namespace?: string }>({
  name: string,
  namespace: string,
})

function metadataOf(config: Config): { readonly name?: string; readonly namespace?: string } {
  return metadataShape(config['metadata'], 'metadata', 'lenient') ?? {}
}

/** The fields of a configuration but for those that every object has. */
function argumentsOf(config: Config): Config {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = config
  return rest
}

const generators: Readonly<Record<string, (config: Config, context: PluginContext) => Generator>> = {
  ConfigMapGenerator: (config, context) => {
    const args = withMetadata(configMapArgs(argumentsOf(config), '', 'lenient') ?? {}, config)
    return () => [generateConfigMap(args, context)]
  },
  SecretGenerator: (config, context) => {
    const args = withMetadata(secretArgs(argumentsOf(config), '', 'lenient') ?? {}, config)
    return () => [generateSecret(args, context)]
  },
  IAMPolicyGenerator: (config, context) => () => [generateServiceAccount(config, context.scopes)],
  HelmChartInflationGenerator: (config, context) => {
    const { chartHome, configHome, ...rest } = argumentsOf(config)
    const globals = helmGlobals({ chartHome, configHome }, '', 'lenient') ?? {}
    const chart = helmChart(rest, '', 'lenient') ?? {}
    return () => generateChart(chart, globals, context)
  },
}

type MakeTransformer = (config: Config, context: PluginContext) => Transformer

const transformers: Readonly<Record<string, MakeTransformer>> = {
  AnnotationsTransformer: (config) => {
    const { annotations = {}, fieldSpecs = [] } = read({ annotations: strings, fieldSpecs: specs }, config)
    return entriesTransformer(annotations, fieldSpecs)
  },
  LabelTransformer: (config) => {
    const { labels = {}, fieldSpecs = [] } = read({ labels: strings, fieldSpecs: specs }, config)
    return entriesTransformer(labels, fieldSpecs)
  },
  HashTransformer: () => hashTransformer,
  ImageTagTransformer: (config) => {
    const { imageTag = {}, fieldSpecs = [] } = read({ imageTag: image, fieldSpecs: specs }, config)
    return imageTransformer(imageTag, fieldSpecs)
  },
  NamespaceTransformer: (config) => {
    const fields = read({ fieldSpecs: specs, unsetOnly: boolean, setRoleBindingSubjects: string }, config)
    return namespaceTransformer({
      namespace: metadataOf(config).namespace ?? '',
      fieldSpecs: fields.fieldSpecs ?? [],
      unsetOnly: fields.unsetOnly ?? false,
      subjects: subjectMode(fields.setRoleBindingSubjects ?? ''),
    })
  },
  PrefixTransformer: (config) => {
    const { prefix = '', fieldSpecs } = read({ prefix: string, fieldSpecs: specs }, config, 'loose')
    return affixTransformer({ where: 'prefix', text: prefix, fieldSpecs })
  },
  SuffixTransformer: (config) => {
    const { suffix = '', fieldSpecs } = read({ suffix: string, fieldSpecs: specs }, config, 'loose')
    return affixTransformer({ where: 'suffix', text: suffix, fieldSpecs })
  },
  PrefixSuffixTransformer: (config) => {
    const fields = read({ prefix: string, suffix: string, fieldSpecs: specs }, config, 'loose')
    const before = affixTransformer({ where: 'prefix', text: fields.prefix ?? '', fieldSpecs: fields.fieldSpecs })
    const after = affixTransformer({ where: 'suffix', text: fields.suffix ?? '', fieldSpecs: fields.fieldSpecs })
    return (resources) => {
      before(resources)
      after(resources)
    }
  },
  PatchJson6902Transformer: (config, context) =>
    json6902Transformer(read({ target: selector, path: string, jsonOp: string }, config), context),
  PatchStrategicMergeTransformer: (config, context) => {
    const { paths = [], patches = '' } = read({ paths: list(string, ''), patches: string }, config)
    if (paths.length === 0 && patches === '') {
      throw buildFailure('kustomize-patch', 'empty file path and empty patch content')
    }
    return strategicMergeTransformer(patches === '' ? paths : [...paths, patches], context)
  },
  PatchTransformer: (config, context) => patchTransformer(patch(argumentsOf(config), '', 'lenient') ?? {}, context),
  ReplacementTransformer: (config, context) => {
    const { replacements = [] } = read({ replacements: list<Replacement>(replacement, {}) }, config)
    return replacementTransformer(readReplacements(replacements, context.loader))
  },
  ReplicaCountTransformer: (config) => {
    const fields = read({ replica, fieldSpecs: specs }, config)
    return replicaTransformer(fields.replica ?? {}, fields.fieldSpecs ?? [])
  },
  ValueAddTransformer: (config, context) => valueAdd(config, context),
}

function subjectMode(text: string): SubjectMode {
  if (text === '' || text === 'defaultOnly') return 'defaultOnly'
  if (text === 'allServiceAccounts' || text === 'none') return text
  throw buildFailure(
    'kustomize-invalid',
    `invalid value "${text}" for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
  )
}

const targets = list<ValueTarget>(record<ValueTarget>({ selector, fieldPath: string, filePathPosition: integer }), {})

function valueAdd(config: Config, { loader }: PluginContext): Transformer {
  const fields = read({ value: string, targets, targetFilePath: string }, config)
  const value = trimSpace(fields.value ?? '')
  const named = fields.targets ?? []
  const { targetFilePath = '' } = fields
  const folder = loader.root.slice(loader.root.lastIndexOf('/') + 1)
  if (targetFilePath === '') return valueAddTransformer(value === '' ? folder : value, named)
  const { bytes, name } = loader.load(targetFilePath)
  const file = looseValue(decodeUtf8(bytes) ?? '', name)
  const more = read({ targets }, (file ?? {}) as Config).targets ?? []
  return valueAddTransformer(value === '' ? folder : value, [...named, ...more])
}
