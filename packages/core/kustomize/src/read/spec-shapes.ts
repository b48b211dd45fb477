import type { FieldSpec } from '../config/transformer-config.ts'
import type {
  FieldOptions,
  GeneratorArgs,
  GeneratorOptions,
  HelmChart,
  HelmChartArgs,
  HelmGlobals,
  ImageSpec,
  LabelSpec,
  MetadataSpec,
  PatchSpec,
  ReplicaSpec,
  Replacement,
  ReplacementSource,
  ReplacementTarget,
  Selector,
  SortOptions,
  VarSpec,
} from '../model/kustomization.ts'
import {
  boolean,
  innerString,
  integer,
  list,
  object,
  record,
  string,
  strings,
  type Fields,
  type Shape,
} from './shape.ts'

const texts = list(string, '')

export const fieldSpec: Shape<FieldSpec> = (value, path, strictness) => {
  const read = looseFieldSpec(value, path, strictness)
  return read === undefined ? undefined : { ...read, path: read.path ?? '' }
}

const looseFieldSpec = record<Partial<FieldSpec>>({
  group: innerString,
  version: innerString,
  kind: innerString,
  path: string,
  create: boolean,
})

export const selector: Shape<Selector> = record<Selector>({
  group: innerString,
  version: innerString,
  kind: innerString,
  name: innerString,
  namespace: innerString,
  annotationSelector: string,
  labelSelector: string,
})

export const patch: Shape<PatchSpec> = record<PatchSpec>({
  path: string,
  patch: string,
  target: selector,
  options: record({ allowNameChange: boolean, allowKindChange: boolean }),
})

export const image: Shape<ImageSpec> = record<ImageSpec>({
  name: string,
  newName: string,
  tagSuffix: string,
  newTag: string,
  digest: string,
})

export const replica: Shape<ReplicaSpec> = record<ReplicaSpec>({ name: string, count: integer })

export const label: Shape<LabelSpec> = record<LabelSpec>({
  pairs: strings,
  includeSelectors: boolean,
  includeTemplates: boolean,
  fields: list(fieldSpec, { path: '' }),
})

const fieldOptions = record<FieldOptions>({ delimiter: string, index: integer, encoding: string, create: boolean })

const replacementSource = record<ReplacementSource>({
  group: innerString,
  version: innerString,
  kind: innerString,
  name: innerString,
  namespace: innerString,
  fieldPath: string,
  options: fieldOptions,
})

const replacementTarget = record<ReplacementTarget>({
  select: selector,
  reject: list(selector, {}),
  fieldPaths: texts,
  options: fieldOptions,
})

export const replacement: Shape<Replacement> = record<Replacement>({
  source: replacementSource,
  targets: list(replacementTarget, {}),
  sourceValue: string,
  path: string,
})

export const generatorOptions: Shape<GeneratorOptions> = record<GeneratorOptions>({
  labels: strings,
  annotations: strings,
  disableNameSuffixHash: boolean,
  immutable: boolean,
})

const generatorFields: Fields<Omit<GeneratorArgs, 'type'>> = {
  namespace: string,
  name: string,
  behavior: string,
  literals: texts,
  files: texts,
  envs: texts,
  env: string,
  options: generatorOptions,
}

export const configMapArgs: Shape<GeneratorArgs> = record<Omit<GeneratorArgs, 'type'>>(generatorFields)
export const secretArgs: Shape<GeneratorArgs> = record<GeneratorArgs>({ ...generatorFields, type: string })

export const metadata: Shape<MetadataSpec> = record<MetadataSpec>({
  name: string,
  namespace: string,
  labels: strings,
  annotations: strings,
})

export const varSpec: Shape<VarSpec> = record<VarSpec>({
  name: string,
  objref: record({
    apiVersion: string,
    group: string,
    version: string,
    kind: string,
    name: string,
    namespace: string,
  }),
  fieldref: record({ fieldPath: string }),
})

export const sortOptions: Shape<SortOptions> = record<SortOptions>({
  order: string,
  legacySortOptions: record({ orderFirst: texts, orderLast: texts }),
})

export const helmGlobals: Shape<HelmGlobals> = record<HelmGlobals>({ chartHome: string, configHome: string })

export const helmChart: Shape<HelmChart> = record<HelmChart>({
  name: string,
  version: string,
  repo: string,
  releaseName: string,
  namespace: string,
  additionalValuesFiles: texts,
  valuesFile: string,
  valuesInline: object,
  valuesMerge: string,
  includeCRDs: boolean,
  skipHooks: boolean,
  apiVersions: texts,
  kubeVersion: string,
  nameTemplate: string,
  skipTests: boolean,
  debug: boolean,
  devel: boolean,
})

export const helmChartArgs: Shape<HelmChartArgs> = record<HelmChartArgs>({
  chartName: string,
  chartVersion: string,
  chartRepoUrl: string,
  chartHome: string,
  chartRepoName: string,
  helmBin: string,
  helmHome: string,
  values: string,
  valuesLocal: object,
  valuesMerge: string,
  releaseName: string,
  releaseNamespace: string,
  extraArgs: texts,
})
