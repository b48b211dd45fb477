import { Cursor } from './cursor.ts'
import { scanQuoted } from './scan-quoted.ts'

// oxlint-disable-next-line eslint/no-control-regex -- it is about control characters
const CONTROLS = /[\x7f-\x9f]/

/**
 * What becomes of a string on the way through JSON text that a YAML parser reads, as Go's tools do before they print:
 * NEL counts as a line break there and folds, other C1 controls are refused.
 */
export function throughJson(text: string): string {
  if (!CONTROLS.test(text)) return text
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  return scanQuoted(new Cursor(json), false)
}
