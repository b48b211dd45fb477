import { messageOf } from '../chart/chart-error.ts'
import { FailureError } from '@kedge/base'
import { ValueChecker } from './check-value.ts'
import { parseSchema } from './parse-schema.ts'
import { printProblem } from './problem.ts'
import { openSchema } from './schema-document.ts'
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
  const library = SchemaLibrary.open(openSchema(parseSchema(text), 'file:///values.schema.json'), source)
  if (!library.isOne) return library
  if (opened.size >= maxOpened) opened.clear()
  opened.set(text, library)
  return library
}
