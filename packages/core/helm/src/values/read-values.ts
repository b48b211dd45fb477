import { chartError, messageOf } from '../chart/chart-error.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { mismatch } from '../chart/decode.ts'
import { isValueMap, newValueMap, type ValueMap } from './paths.ts'

/** A values file: all its documents merged, every number a float64. Throws FailureError in Helm's words. */
export function readValues(text: string): ValueMap {
  let values = newValueMap()
  for (const document of splitDocuments(text)) {
    try {
      values = mergeMaps(values, readDocument(document))
    } catch (error) {
      throw chartError(`cannot unmarshal yaml document: ${messageOf(error)}`, error)
    }
  }
  return values
}

function readDocument(text: string): ValueMap {
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

/** Documents are parted by lines of `---` and nothing else but blanks. */
function splitDocuments(text: string): readonly string[] {
  return text.split(/^---[ \t\r]*$/m).filter((document) => document.trim() !== '')
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
