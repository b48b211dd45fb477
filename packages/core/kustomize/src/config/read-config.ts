import { parseNode, parseYaml } from '@kedge/yaml'
import { wrapFailure } from '../build-failure.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import type { Loader } from '../load/loader.ts'
import { locateMessage } from '../read/locate-message.ts'
import { list, record, string } from '../read/shape.ts'
import { fieldSpec } from '../read/spec-shapes.ts'
import {
  emptyConfig,
  mergeConfigs,
  sortConfig,
  type FieldSpec,
  type NameReference,
  type TransformerConfig,
} from './transformer-config.ts'

const specs = list<FieldSpec>(fieldSpec, { path: '' })

const nameReference = record<Omit<NameReference, 'fieldSpecs'> & { readonly fieldSpecs?: readonly FieldSpec[] }>({
  group: string,
  version: string,
  kind: string,
  fieldSpecs: specs,
})

const shape = record<TransformerConfig>({
  namePrefix: specs,
  nameSuffix: specs,
  namespace: specs,
  commonLabels: specs,
  labels: specs,
  templateLabels: specs,
  commonAnnotations: specs,
  nameReference: (value, path) =>
    list(nameReference, {})(value, path)?.map((reference) => ({
      ...reference,
      fieldSpecs: reference.fieldSpecs ?? [],
    })),
  varReference: specs,
  images: specs,
  replicas: specs,
})

/** Reads the files of `configurations`. */
export function readConfigs(paths: readonly string[], loader: Loader): TransformerConfig {
  let result = emptyConfig
  for (const path of paths) {
    const { bytes, name } = loader.load(path)
    try {
      result = mergeConfigs(result, sortConfig(shape(parseYaml(decodeUtf8(bytes) ?? '', { file: name }), '') ?? {}))
    } catch (error) {
      const root = parseNode(decodeUtf8(bytes) ?? '', { file: name })
      throw wrapFailure(error, 'configurations', locateMessage(error, root, name))
    }
  }
  return result
}
