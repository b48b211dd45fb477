import { messageOf } from '../chart/chart-error.ts'
import { FailureError } from '@kedge/base'
import { ValueChecker } from './check-value.ts'
import { parseSchema } from './parse-schema.ts'
import { printProblem } from './problem.ts'
import { metaschemaAddresses, metaschemaOf } from './metaschemas.ts'
import { openSchema, type Draft, type SchemaDocument } from './schema-document.ts'
import { isSurelySound } from './sound-schema.ts'
import { SchemaLibrary, type SchemaSource } from './schema-library.ts'

/** Schemas read before that are in one document, by their texts. */
const opened = new Map<string, SchemaLibrary>()
const maxOpened = 50

/** What is wrong with values by a JSON schema, in the words of Helm's validator; empty when nothing is. */
export function checkSchema(values: unknown, text: string, source: SchemaSource = () => undefined): string {
  let library: SchemaLibrary
  try {
    library = open(text, source)
  } catch (error) {
    return messageOf(error)
  }
  try {
    const problem = new ValueChecker(library).check(library.root.root, { value: values, path: [] })
    return problem === undefined ? '' : printProblem(problem)
  } catch (error) {
    if (error instanceof FailureError) return messageOf(error)
    throw error
  }
}

function open(text: string, source: SchemaSource): SchemaLibrary {
  const known = opened.get(text)
  if (known !== undefined) return known
  const document = openSchema(parseSchema(text), 'file:///values.schema.json')
  const library = SchemaLibrary.open(document, { source, complain: schemaProblem })
  if (!library.isOne) return library
  if (opened.size >= maxOpened) opened.clear()
  opened.set(text, library)
  return library
}

const metaschemas = new Map<Draft, SchemaLibrary>()

/** What is wrong with a document as a schema of its draft. */
function schemaProblem({ root, draft, location }: SchemaDocument): string | undefined {
  if (isSurelySound(root, draft)) return undefined
  const at = metaschemaAddresses[draft]
  const meta =
    metaschemas.get(draft) ??
    SchemaLibrary.open(openSchema(metaschemaOf(draft), at, 'asserted'), {
      source: () => undefined,
      complain: () => undefined,
    })
  metaschemas.set(draft, meta)
  const problem = new ValueChecker(meta).check(meta.root.root, { value: root, path: [] })
  if (problem === undefined) return undefined
  return `"${location}#" is not valid against metaschema: jsonschema validation failed with '${at}#'\n${printProblem(problem).trimEnd()}`
}
