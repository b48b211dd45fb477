import type { Origin } from '@kedge/base'
import { located } from '../build-failure.ts'
import type { TransformerConfig, FieldSpec } from '../config/transformer-config.ts'
import { mergeSpecs } from '../config/transformer-config.ts'
import type { LabelSpec } from '../model/kustomization.ts'
import type { KustomizationFile } from '../read/read-kustomization.ts'
import { affixTransformer } from '../transform/affix.ts'
import { entriesTransformer } from '../transform/string-maps.ts'
import { imageTransformer } from '../transform/images.ts'
import { namespaceTransformer } from '../transform/namespace.ts'
import { json6902Transformer, patchTransformer, strategicMergeTransformer } from '../transform/patches.ts'
import { replicaTransformer } from '../transform/replicas.ts'
import { replacementTransformer } from '../transform/replacements.ts'
import type { TransformContext, Transformer } from '../transform/transformer.ts'
import { readReplacements } from './read-replacements.ts'
import { firstOf, mergePlace, patchPlace, replacementPlace } from './step-places.ts'
import type { TraceStep, TracedChange } from './trace.ts'

/** A transformer and the name that kustomize gives its kind. */
export interface NamedStep extends TraceStep {
  readonly run: Transformer
}

/** The transformers that the fields of a kustomization stand for, in the order in which they run. */
export function builtInSteps(
  source: KustomizationFile,
  config: TransformerConfig,
  context: TransformContext,
): readonly NamedStep[] {
  return [
    ...patchSteps(source, context),
    ...nameSteps(source, config),
    ...labelSteps(source, config),
    ...valueSteps(source, config, context),
  ]
}

function patchSteps(source: KustomizationFile, context: TransformContext): readonly NamedStep[] {
  const { fields, originOf, textOrigin } = source
  const { patchesStrategicMerge: merges = [], patches = [] } = fields
  const steps: NamedStep[] = []
  if (merges.length > 0) {
    const origin = originOf('patchesStrategicMerge')
    const texts = merges.map((_, index) => textOrigin('patchesStrategicMerge', index, ''))
    const run = located(origin, () => strategicMergeTransformer(merges, context, { entry: origin, texts }))
    const places = merges.map((merge, index) => mergePlace(merge, context, texts[index]))
    const placeOf = (change: TracedChange) => firstOf(places, change)
    steps.push({ by: 'PatchStrategicMergeTransformer', origin, placeOf, run: guarded(origin, run) })
  }
  patches.forEach((patch, index) => {
    const origin = originOf('patches', index)
    const text = textOrigin('patches', index, 'patch')
    const run = located(origin, () => patchTransformer(patch, context, { entry: origin, text }))
    const placeOf = patchPlace(patch, context, text)
    steps.push({ by: 'PatchTransformer', origin, placeOf, run: guarded(origin, run) })
  })
  return steps
}

function nameSteps({ fields, originOf }: KustomizationFile, config: TransformerConfig): readonly NamedStep[] {
  const { namespace = '', namePrefix = '', nameSuffix = '' } = fields
  const steps: NamedStep[] = []
  if (namespace !== '') {
    const run = namespaceTransformer({ namespace, fieldSpecs: config.namespace ?? [] })
    steps.push({ by: 'NamespaceTransformer', origin: originOf('namespace'), run })
  }
  if (namePrefix !== '') {
    const run = affixTransformer({ where: 'prefix', text: namePrefix, fieldSpecs: config.namePrefix ?? [] })
    steps.push({ by: 'PrefixTransformer', origin: originOf('namePrefix'), run })
  }
  if (nameSuffix !== '') {
    const run = affixTransformer({ where: 'suffix', text: nameSuffix, fieldSpecs: config.nameSuffix ?? [] })
    steps.push({ by: 'SuffixTransformer', origin: originOf('nameSuffix'), run })
  }
  return steps
}

function labelSteps({ fields, originOf }: KustomizationFile, config: TransformerConfig): readonly NamedStep[] {
  const { labels = [], commonLabels = {}, commonAnnotations = {} } = fields
  const steps: NamedStep[] = labels.map((label, index) => ({
    by: 'LabelTransformer',
    origin: originOf('labels', index),
    run: entriesTransformer(label.pairs ?? {}, labelSpecs(label, config)),
  }))
  if (labels.length > 0 || Object.keys(commonLabels).length > 0) {
    const run = entriesTransformer(commonLabels, config.commonLabels ?? [])
    steps.push({ by: 'LabelTransformer', origin: originOf('commonLabels'), run })
  }
  if (Object.keys(commonAnnotations).length > 0) {
    const run = entriesTransformer(commonAnnotations, config.commonAnnotations ?? [])
    steps.push({ by: 'AnnotationsTransformer', origin: originOf('commonAnnotations'), run })
  }
  return steps
}

function labelSpecs(label: LabelSpec, config: TransformerConfig): readonly FieldSpec[] {
  const own = mergeSpecs(label.fields ?? [], config.labels ?? [])
  if (label.includeSelectors === true) return mergeSpecs(own, config.commonLabels ?? [])
  const withTemplates = label.includeTemplates === true ? mergeSpecs(own, config.templateLabels ?? []) : own
  return mergeSpecs(withTemplates, [{ path: 'metadata/labels', create: true }])
}

function valueSteps(
  source: KustomizationFile,
  config: TransformerConfig,
  context: TransformContext,
): readonly NamedStep[] {
  const { fields, originOf, textOrigin } = source
  const { patchesJson6902 = [], replicas = [], images = [], replacements = [] } = fields
  const steps: NamedStep[] = []
  const add = (step: TraceStep, make: () => Transformer): void => {
    steps.push({ ...step, run: guarded(step.origin, located(step.origin, make)) })
  }
  patchesJson6902.forEach(({ target, path, patch: jsonOp }, index) => {
    const origin = originOf('patchesJson6902', index)
    const text = textOrigin('patchesJson6902', index, 'patch')
    const make = (): Transformer => json6902Transformer({ target, path, jsonOp }, context, { entry: origin, text })
    add({ by: 'PatchJson6902Transformer', origin, placeOf: patchPlace({ path, patch: jsonOp }, context, text) }, make)
  })
  replicas.forEach((replica, index) => {
    const origin = originOf('replicas', index)
    add({ by: 'ReplicaCountTransformer', origin }, () => replicaTransformer(replica, config.replicas ?? []))
  })
  images.forEach((image, index) => {
    const origin = originOf('images', index)
    add({ by: 'ImageTagTransformer', origin }, () => imageTransformer(image, config.images ?? []))
  })
  if (replacements.length > 0) {
    const origin = originOf('replacements')
    const placeOf = replacementPlace(replacements, context.loader, (index) => originOf('replacements', index))
    add({ by: 'ReplacementTransformer', origin, placeOf }, () =>
      replacementTransformer(readReplacements(replacements, context.loader), origin),
    )
  }
  return steps
}

/** A transformer whose failures without a place name the field that asked for it. */
function guarded(origin: Origin, run: Transformer): Transformer {
  return (resources) => located(origin, () => run(resources))
}
