import { compareBytewise, printPlain, type GoValue } from '@kedge/gotemplate'
import { PathError, findResults } from './find-results.ts'
import { GoInteger, type Node } from './nodes.ts'
import { parseTemplate } from './parse-template.ts'

/**
 * What a template of client-go's jsonpath prints of values, as `helm show values --jsonpath` does: where a path finds
 * nothing, nothing at all. Throws JsonPathSyntaxError.
 */
export function printJsonPath(template: string, values: unknown): string {
  return printed(parseTemplate(template), values)
}

function printed(nodes: readonly Node[], values: unknown): string {
  try {
    return findResults(nodes, values)
      .map((found) => found.map(textOf).join(' '))
      .join('')
  } catch (error) {
    // Helm does not look at the error.
    if (error instanceof PathError) return ''
    throw error
  }
}

function textOf(value: unknown): string {
  if (value === undefined) return '<no value>'
  if (value === null) return 'null'
  if (value instanceof GoInteger) return value.value.toString()
  return typeof value === 'object' ? jsonOf(value) : printPlain(value as GoValue)
}

/** JSON as Go writes it: keys in order, `<`, `>` and `&` escaped. */
function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value === 'string') return jsonText(value)
  if (typeof value === 'object' && value !== null) {
    const map = value as Readonly<Record<string, unknown>>
    const entries = Object.keys(map).toSorted(compareBytewise)
    return `{${entries.map((key) => `${jsonText(key)}:${jsonOf(map[key])}`).join(',')}}`
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

function jsonText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
