import { YamlError, parseNode, toValue } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'

/**
 * The first document of a text as plain values, as `sigs.k8s.io/yaml` reads it where it is not strict: of keys that occur
 * twice the last one wins. Undefined for an empty text; throws FailureError for one that is no YAML.
 */
export function looseValue(text: string, file?: string): unknown {
  const node = parseNode(text, file === undefined ? {} : { file })
  if (node === undefined) return undefined
  try {
    return toValue(node, 'v2', 'last-wins')
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const origin = file === undefined ? undefined : { file, ...(error.line > 0 ? { line: error.line } : {}) }
    throw buildFailure('kustomize-invalid', error.message, { origin, cause: error })
  }
}

/** The text without what Go calls white space at its ends; a byte order mark is none. */
export function trimSpace(text: string): string {
  return text.replace(/^(?:(?!\ufeff)\s|\u0085)+/, '').replace(/(?:(?!\ufeff)\s|\u0085)+$/, '')
}
