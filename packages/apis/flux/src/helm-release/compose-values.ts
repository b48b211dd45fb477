import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'
import { mergeMaps, readFirstValues, setValues } from '@kedge/helm'
import { type KubeObject } from '@kedge/manifest'

import { textData } from '../reconcile/secret-data.ts'
import { type ValuesReference } from './spec.ts'
import { type Values } from './values-digest.ts'

type ValueMap = Record<string, unknown>

/** One reference and the object it names; undefined when there is none. */
export interface LoadedReference {
  readonly reference: ValuesReference
  readonly found: KubeObject | undefined
}

/**
 * The values of a release: each reference over those before it, the inline values over all, but for what references
 * with a target path have set in nested maps (SPEC.md HV1 to HV4). `namespace` is where the references are.
 */
export function composeValues(
  references: readonly LoadedReference[],
  inline: Values | undefined,
  namespace: string,
): Result<Values> {
  let values: ValueMap = {}
  // Merging copies only maps that both sides have; shared ones are what lets a target path win over inline values.
  const own = copyMap(inline ?? {})
  for (const { reference, found } of references) {
    const text = textOf(reference, found)
    if (text === undefined) {
      if (reference.optional) continue
      return fail(notFound(reference, namespace, found))
    }
    try {
      if (reference.targetPath === '') values = mergeMaps(values, readFirstValues(text))
      else {
        values = mergeMaps(values, own)
        setPath(values, reference, text)
      }
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      return fail(unresolved(reference, namespace, reasonOf(reference, error.failure.message)))
    }
  }
  return ok(mergeMaps(values, own))
}

function textOf(reference: ValuesReference, found: KubeObject | undefined): string | undefined {
  if (found === undefined) return undefined
  const data = textData(found)
  return Object.hasOwn(data, reference.valuesKey) ? data[reference.valuesKey] : undefined
}

function notFound(reference: ValuesReference, namespace: string, found: KubeObject | undefined): Failure {
  const plural = `${reference.kind.toLowerCase()}s`
  const reason = found === undefined ? `${plural} "${reference.name}" not found` : 'key not found'
  return { ...unresolved(reference, namespace, reason), fix: 'create it, or set optional: true' }
}

function unresolved(reference: ValuesReference, namespace: string, reason: string): Failure {
  const { kind, name, valuesKey, optional } = reference
  const what = `${optional ? 'optional ' : ''}${kind} chart values reference`
  return {
    code: 'ValuesError',
    message: `could not resolve ${what} '${namespace}/${name}' with key '${valuesKey}': ${reason}`,
  }
}

/** What a parser complains of may be part of the text: of a Secret no more is told than what was tried. */
function reasonOf(reference: ValuesReference, message: string): string {
  if (reference.kind === 'ConfigMap') return message
  return reference.targetPath === '' ? 'failed to read values data' : 'failed to merge value'
}

function setPath(values: ValueMap, reference: ValuesReference, text: string): void {
  const { targetPath, literal } = reference
  if (literal) {
    // Escaped, the grammar of --set-string takes it as it is, and the path may still escape its dots.
    const escaped = text.replaceAll(/[\\,[\]{}]/g, (char) => `\\${char}`)
    setValues(values, `${targetPath}=${escaped}`, { kind: 'string' })
    return
  }
  const quoted = ["'", '"'].some((quote) => text.startsWith(quote) && text.endsWith(quote))
  const value = quoted ? text.replace(/^['"]+/, '').replace(/['"]+$/, '') : text
  setValues(values, `${targetPath}=${value}`, { kind: quoted ? 'string' : 'value' })
}

/** The object is the watch cache's, and target paths write into maps: nothing of it may be shared. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  return typeof value === 'object' && value !== null ? copyMap(value) : value
}

function copyMap(map: object): ValueMap {
  const copy = Object.create(null) as ValueMap
  for (const [key, item] of Object.entries(map)) copy[key] = copyOf(item)
  return copy
}
