import { FailureError } from '@kedge/base'
import type { YamlNode } from './node.ts'
import { Parser } from './parser.ts'
import { readSimple } from './read-simple.ts'
import type { YamlRules } from './resolve.ts'
import { toValue } from './to-value.ts'
import { YamlError, yamlFailure } from './yaml-error.ts'

/** Largest text that is read, in UTF-16 units. */
export const MAX_TEXT: number = 64 * 1024 * 1024

export interface ParseOptions {
  /** Name of the file for messages. */
  readonly file?: string
  /** Words and numbers as yaml.v2 reads them (the default, as `sigs.k8s.io/yaml` does) or as yaml.v3. */
  readonly rules?: YamlRules
}

/** One document of a file: its value and the line, from 1, where it begins. */
export interface ParsedDocument {
  readonly value: unknown
  readonly line: number
}

/** The first document of a text as plain values, as `sigs.k8s.io/yaml` decodes it; undefined stands for no document. */
export function parseYaml(text: string, options: ParseOptions = {}): unknown {
  const rules = options.rules ?? 'v2'
  const simple = text.length > MAX_TEXT ? undefined : readSimple(text, rules)
  if (simple !== undefined) return simple
  return guard(text, options, (parser) => {
    const document = parser.next()
    return document?.root === undefined ? undefined : toValue(document.root, rules)
  })
}

/** All documents of a text; empty ones are left out. Throws FailureError `yaml-invalid` with file and line. */
export function parseYamlDocuments(text: string, options: ParseOptions = {}): readonly ParsedDocument[] {
  return guard(text, options, (parser) => {
    const documents: ParsedDocument[] = []
    for (let document = parser.next(); document !== undefined; document = parser.next()) {
      if (document.root === undefined || isNothing(document.root)) continue
      documents.push({ value: toValue(document.root, options.rules ?? 'v2'), line: document.line })
    }
    return documents
  })
}

/** The first document of a text as a tree; undefined when there is none. */
export function parseNode(
  text: string,
  options: Pick<ParseOptions, 'file'> & { readonly comments?: boolean } = {},
): YamlNode | undefined {
  return guard(text, options, (parser) => parser.next()?.root)
}

function isNothing(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === '' && node.tag === '!!null'
}

function guard<T>(
  text: string,
  options: ParseOptions & { readonly comments?: boolean },
  read: (parser: Parser) => T,
): T {
  if (text.length > MAX_TEXT) {
    throw new FailureError({
      code: 'yaml-too-large',
      message: `the text has ${text.length} characters, more than the ${MAX_TEXT} that are read`,
      ...(options.file === undefined ? {} : { origin: { file: options.file } }),
    })
  }
  try {
    return read(new Parser(text, options))
  } catch (error) {
    throw error instanceof YamlError ? yamlFailure(error, options.file) : error
  }
}
