import { decodeDocument, decodeText, mismatch } from '../chart/decode.ts'
import { isValueMap } from '../values/paths.ts'

/** What the linter reads of a document. */
export interface LintedHead {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
}

/** The head of a document as the linter reads it, which takes any annotations. Throws FailureError when it is no YAML or no map. */
export function readLintedHead(text: string): LintedHead {
  const document = decodeDocument(text, 'rules.k8sYamlStruct', ['apiVersion', 'kind', 'metadata']) ?? {}
  const apiVersion = decodeText(document['apiVersion'], 'k8sYamlStruct.apiVersion')
  const kind = decodeText(document['kind'], 'k8sYamlStruct.Kind')
  const { metadata } = document
  if (metadata === undefined || metadata === null) return { apiVersion, kind, name: '' }
  if (!isValueMap(metadata))
    throw mismatch(metadata, 'Go struct field k8sYamlStruct.Metadata of type rules.k8sYamlMetadata')
  const name = decodeText(metadata['name'], 'k8sYamlMetadata.Metadata.Name')
  decodeText(metadata['namespace'], 'k8sYamlMetadata.Metadata.Namespace')
  return { apiVersion, kind, name }
}
