import { chartError, messageOf } from '../chart/chart-error.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { mismatch } from '../chart/decode.ts'
import { isValueMap, newValueMap, type ValueMap } from './paths.ts'

/** A values file: all its documents merged, every number a float64. Throws FailureError in Helm's words. */
export function readValues(text: string): ValueMap {
  let values = newValueMap()
  for (const document of splitDocuments(text)) {
    try {
      values = mergeMaps(values, readFirstValues(document))
    } catch (error) {
      throw chartError(`cannot unmarshal yaml document: ${messageOf(error)}`, error)
    }
  }
  return values
}

/** The first document of a values text, as it stands: what others than Helm itself read. Throws FailureError. */
export function readFirstValues(text: string): ValueMap {
  const value = parseDocument(text)
  if (value === null || value === undefined) return newValueMap()
  if (!isValueMap(value)) throw mismatch(value, 'Go value of type map[string]interface {}')
  return toFloats(value) as ValueMap
}

/** JSON data as Go decodes it into interface {}: integers that JavaScript keeps exact become float64 like all others. */
export function toFloats(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(toFloats)
  if (!isValueMap(value)) return value
  const map = newValueMap()
  for (const [key, item] of Object.entries(value)) map[key] = toFloats(item)
  return map
}

/**
 * Documents are parted by lines that begin with `---`, with nothing but a comment behind; every line has an end, the last
 * one too. A separator that nothing came before is a line of its document.
 */
function splitDocuments(text: string): readonly string[] {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`
  if (!/^---/m.test(whole)) return [whole]
  const documents: string[] = []
  let document = ''
  for (const line of whole.split('\n').slice(0, -1)) {
    const isSeparator = line.startsWith('---')
    const rest = isSeparator ? line.slice(3).trim() : ''
    if (rest !== '' && !rest.startsWith('#'))
      throw chartError(`error reading yaml document: invalid Yaml document separator: ${rest}`)
    if (isSeparator && document !== '') {
      documents.push(document)
      document = ''
    } else document += `${line}\n`
  }
  return [...documents, document]
}

/** The second map over the first: maps merge, everything else is replaced. */
export function mergeMaps(base: Readonly<ValueMap>, over: Readonly<ValueMap>): ValueMap {
  const out = Object.assign(newValueMap(), base)
  for (const [key, value] of Object.entries(over)) {
    const present = out[key]
    out[key] = isValueMap(value) && isValueMap(present) ? mergeMaps(present, value) : value
  }
  return out
}
