import { Parser, YamlError, type YamlNode } from '@kedge/yaml'

/** The tree of a text that is YAML or JSON; undefined when it is not, or is empty. */
export function parseScalarText(text: string): YamlNode | undefined {
  try {
    return new Parser(text, { comments: text.includes('#') }).next()?.root
  } catch (error) {
    if (error instanceof YamlError) return undefined
    throw error
  }
}
