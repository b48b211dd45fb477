import { mapNode, parseNode, printNode, printYaml, type YamlNode } from '@kedge/yaml'

/** YAML as go-yaml v3 prints it with two spaces: lists inside maps are indented, long lines are not folded. */
export function printPrettyYaml(value: unknown): string {
  const node: YamlNode = parseNode(printYaml(value)) ?? mapNode([])
  return printNode(node)
}
