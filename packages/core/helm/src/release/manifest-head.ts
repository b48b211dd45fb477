import { isValueMap } from '../values/paths.ts'
import { decodeDocument, decodeText, decodeTextMap, mismatch } from '../chart/decode.ts'

/** What Helm reads of every document to sort it. */
export interface ManifestHead {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
}

const noAnnotations: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>)

const fields = ['apiVersion', 'kind', 'metadata']

/** The head of a document; empty texts for what is not there. Throws FailureError when it is no YAML or no map. */
export function readManifestHead(text: string): ManifestHead {
  const document = decodeDocument(text, 'util.SimpleHead', fields) ?? {}
  const apiVersion = decodeText(document['apiVersion'], 'SimpleHead.apiVersion')
  const kind = decodeText(document['kind'], 'SimpleHead.kind')
  const { metadata } = document
  if (metadata === undefined || metadata === null) return { apiVersion, kind, name: '', annotations: noAnnotations }
  if (!isValueMap(metadata))
    throw mismatch(
      metadata,
      'Go struct field SimpleHead.metadata of type struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }',
    )
  return {
    apiVersion,
    kind,
    name: decodeText(metadata['name'], '.metadata.name'),
    annotations: decodeTextMap(metadata['annotations'], '.metadata.annotations') ?? noAnnotations,
  }
}
