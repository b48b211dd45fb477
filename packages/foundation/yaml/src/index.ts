export { compareKeys } from './natural-order.ts'
export {
  mapNode,
  plainScalar,
  seqNode,
  stringScalar,
  type AliasNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type ScalarStyle,
  type SeqNode,
  type YamlNode,
} from './node.ts'
export { emptyObject, type JsonObject } from './object.ts'
export { MAX_TEXT, parseNode, parseYaml, parseYamlDocuments, type ParseOptions, type ParsedDocument } from './parse.ts'
export { printYaml } from './print-value.ts'
export { resolvePlain, resolveScalar, type Resolved, type YamlRules } from './resolve.ts'
export { YamlError } from './yaml-error.ts'
