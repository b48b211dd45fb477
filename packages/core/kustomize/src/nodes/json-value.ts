import { YamlError, nodeValue, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'

/** A node as a JSON value; a FailureError for what JSON cannot hold, such as a map whose keys are no texts. */
export function jsonValue(node: YamlNode): unknown {
  try {
    return nodeValue(node)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw buildFailure('kustomize-resource', error.message, { cause: error })
  }
}
