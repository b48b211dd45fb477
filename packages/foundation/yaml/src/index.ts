export { expandAliases } from './expand-aliases.ts'
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
export { Parser, type YamlDocument } from './parser.ts'
export { nodeValue } from './node-value.ts'
export { printNode } from './print-node.ts'
export { PlainText, printYamlPretty } from './print-pretty.ts'
export { printTree } from './print-tree.ts'
export { formatNumber, printYaml } from './print-value.ts'
export { toValue, type DuplicateKeys } from './to-value.ts'
export { readSimple } from './read-simple.ts'
export { resolvePlain, resolveScalar, resolveTag, type Resolved, type YamlRules } from './resolve.ts'
export { isPlainText } from './scalar-shape.ts'
export { isBase60 } from './string-style.ts'
export { YamlError, yamlFailure } from './yaml-error.ts'
