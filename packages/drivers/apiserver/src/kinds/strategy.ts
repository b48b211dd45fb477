import type { Draft, FieldError, Refusal, Strategy, StrategyContext } from '../contracts.ts'
import { checkMetadata, checkMetadataUpdate } from './check-metadata.ts'
import { sameValue } from './draft.ts'
import { dnsSubdomain, type NameRule } from './names.ts'
import { hasTypedForm, toTypedForm } from './typed-form.ts'

/**
 * What a kind adds to the rules that hold for all. Everything may be left out. Hooks write only what they change: parts
 * of a draft that an update leaves alone are shared with the stored object, and frozen.
 */
export interface KindRules {
  /** Status is written through its subresource alone. */
  readonly hasStatus?: boolean
  readonly hasGeneration?: boolean
  readonly clusterScoped?: boolean
  /** Finalizers may have names without a prefix, as those of kinds outside the main server. */
  readonly anyFinalizer?: boolean
  readonly nameRule?: NameRule
  readonly defaults?: (draft: Draft) => void
  readonly create?: (draft: Draft, context: StrategyContext) => void
  readonly update?: (draft: Draft, old: Readonly<Draft>, context: StrategyContext) => void
  /** Rules for new and changed objects alike. */
  readonly check?: (object: Readonly<Draft>, context: StrategyContext) => readonly FieldError[]
  readonly checkUpdate?: (object: Readonly<Draft>, old: Readonly<Draft>) => readonly FieldError[]
  readonly specChanged?: (object: Readonly<Draft>, old: Readonly<Draft>) => boolean
  readonly fields?: (object: Readonly<Draft>) => Readonly<Record<string, string>>
  readonly warnings?: (object: Readonly<Draft>) => readonly string[]
  readonly admit?: (object: Draft, old: Readonly<Draft> | undefined, context: StrategyContext) => Refusal | undefined
  readonly graceSeconds?: (object: Readonly<Draft>, requested: number | undefined) => number
  readonly prepareForDelete?: (draft: Draft) => void
  readonly heldAfterDelete?: (object: Readonly<Draft>) => boolean
  readonly prepareStatus?: (draft: Draft, old: Readonly<Draft>) => void
  readonly convert?: (object: Readonly<Draft>, apiVersion: string) => Draft
}

/**
 * The strategy of a kind: its own rules around what holds for every object. Which part of an update may change
 * (status by its subresource alone) is settled by the request path.
 */
export function createStrategy(rules: KindRules): Strategy {
  const metadataRule = {
    nameRule: rules.nameRule ?? dnsSubdomain,
    namespaced: rules.clusterScoped !== true,
    anyFinalizer: rules.anyFinalizer === true,
  }
  return {
    hasGeneration: rules.hasGeneration ?? false,
    applyDefaults(draft) {
      settle(draft)
      rules.defaults?.(draft)
      settle(draft)
    },
    prepareForCreate(draft, context) {
      if (rules.hasStatus === true) clearStatus(draft)
      rules.create?.(draft, context)
      rules.defaults?.(draft)
      settle(draft)
    },
    prepareForUpdate(draft, old, context) {
      rules.update?.(draft, old, context)
      settle(draft)
    },
    validateCreate(object, context) {
      return [...checkMetadata(object, metadataRule), ...(rules.check?.(object, context) ?? [])]
    },
    validateUpdate(object, old, context) {
      return [
        ...checkMetadataUpdate(object, old),
        ...checkMetadata(object, metadataRule),
        ...(rules.check?.(object, context) ?? []),
        ...(rules.checkUpdate?.(object, old) ?? []),
      ]
    },
    specChanged: rules.specChanged ?? contentChanged,
    selectableFields: rules.fields ?? noFields,
    warnings: rules.warnings ?? noWarnings,
    ...(rules.admit === undefined ? {} : { admit: rules.admit }),
    ...(rules.graceSeconds === undefined ? {} : { graceSeconds: rules.graceSeconds }),
    ...(rules.prepareForDelete === undefined ? {} : { prepareForDelete: rules.prepareForDelete }),
    ...(rules.heldAfterDelete === undefined ? {} : { heldAfterDelete: rules.heldAfterDelete }),
    ...(rules.convert === undefined ? {} : { convert: rules.convert }),
    prepareStatus(draft, old) {
      rules.prepareStatus?.(draft, old)
      settle(draft)
    },
  }
}

/** Whether anything but metadata and status differs: what most kinds count as a new generation. */
export function contentChanged(object: Readonly<Draft>, old: Readonly<Draft>): boolean {
  const keys = new Set([...Object.keys(object), ...Object.keys(old)])
  for (const key of keys) {
    if (key === 'metadata' || key === 'status' || key === 'apiVersion' || key === 'kind') continue
    if (!sameValue(object[key], old[key])) return true
  }
  return false
}

function noFields(): Readonly<Record<string, string>> {
  return {}
}

function noWarnings(): readonly string[] {
  return []
}

function clearStatus(draft: Draft): void {
  delete draft['status']
}

const MESSAGE_PACKAGES: Readonly<Record<string, string>> = {
  v1: 'k8s.io.api.core.v1',
  'apiextensions.k8s.io/v1': 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.k8s.io/v1': 'k8s.io.kube_aggregator.pkg.apis.apiregistration.v1',
}

/** The recorded Go type of a built-in kind, or undefined for custom ones. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  const known = MESSAGE_PACKAGES[apiVersion]
  const [group = '', version = ''] = apiVersion.split('/')
  const message = `${known ?? `k8s.io.api.${group.replace(/\..*/, '')}.${version}`}.${kind}`
  return hasTypedForm(message) ? message : undefined
}

function settle(draft: Draft): void {
  const { apiVersion, kind } = draft
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return
  const message = messageOf(apiVersion, kind)
  if (message === undefined) return
  toTypedForm(message, draft)
}
