import { messageOf } from '../chart/chart-error.ts'
import { FailureError } from '@kedge/base'
import { ValueChecker } from './check-value.ts'
import { printProblem } from './problem.ts'
import { openSchema, type SchemaDocument } from './schema-document.ts'

/** Schemas read before, by their texts. */
const opened = new Map<string, SchemaDocument>()
const maxOpened = 50

/** What is wrong with values by a JSON schema, in the words of Helm's validator; empty when nothing is. */
export function checkSchema(values: unknown, text: string): string {
  let document: SchemaDocument
  try {
    document = open(text)
  } catch (error) {
    return messageOf(error)
  }
  try {
    const problem = new ValueChecker(document).check(document.root, { value: values, path: [] })
    return problem === undefined ? '' : printProblem(problem)
  } catch (error) {
    if (error instanceof FailureError) return messageOf(error)
    throw error
  }
}

function open(text: string): SchemaDocument {
  const known = opened.get(text)
  if (known !== undefined) return known
  const document = openSchema(JSON.parse(text))
  if (opened.size >= maxOpened) opened.clear()
  opened.set(text, document)
  return document
}
