import { FailureError } from '@kedge/base'
import {
  FunctionError,
  decodeJson,
  isList,
  isMap,
  nilList,
  nilOf,
  typeName,
  GoFunction,
  type GoValue,
} from '@kedge/gotemplate'
import { printYaml, printYamlPretty, YamlError } from '@kedge/yaml'
import { parseDocument } from '../chart/parse-document.ts'
import { fromPlain, toPlain } from './plain-value.ts'

/** Helm's YAML functions, in sigs.k8s.io/yaml's bytes. */
export const yamlFunctions: Readonly<Record<string, GoFunction>> = {
  toYaml: fixed(['any'], (value) => toYaml(value)),
  mustToYaml: fixed(['any'], (value) => mustToYaml(value)),
  toYamlPretty: fixed(['any'], (value) => trimNewline(printYamlPretty(toPlain(value, 'yaml.v3')))),
  fromYaml: fixed(['string'], (text) => fromYaml(text as string)),
  fromYamlArray: fixed(['string'], (text) => fromYamlArray(text as string)),
  fromJson: fixed(['string'], (text) => fromJson(text as string)),
  fromJsonArray: fixed(['string'], (text) => fromJsonArray(text as string)),
}

function fixed(params: GoFunction['signature']['params'], call: (...args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params }, call)
}

/** A value as YAML without the last newline; empty when it has none. */
export function toYaml(value: GoValue): string {
  try {
    return trimNewline(printYaml(toPlain(value)))
  } catch (error) {
    if (error instanceof YamlError || error instanceof FunctionError) return ''
    throw error
  }
}

function mustToYaml(value: GoValue): string {
  try {
    return trimNewline(printYaml(toPlain(value)))
  } catch (error) {
    if (error instanceof YamlError) throw new FunctionError(error.v2Message, { cause: error })
    throw error
  }
}

function trimNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

/** A map; a malformed text gives a map whose Error says why. */
function fromYaml(text: string): GoValue {
  return guarded(
    text,
    (value) => {
      if (value === null || value === undefined) return emptyMap()
      if (isMap(value)) return value
      throw new FunctionError(mismatch(value, 'map[string]interface {}'))
    },
    errorMap,
  )
}

function fromYamlArray(text: string): GoValue {
  return guarded(
    text,
    (value) => {
      if (value === null || value === undefined) return []
      if (isList(value)) return value
      throw new FunctionError(mismatch(value, '[]interface {}'))
    },
    (message) => [message],
  )
}

function guarded(text: string, take: (value: GoValue) => GoValue, complain: (message: string) => GoValue): GoValue {
  try {
    return take(fromPlain(parseDocument(text)))
  } catch (error) {
    if (error instanceof FunctionError) return complain(error.message)
    if (error instanceof FailureError) return complain(error.failure.message)
    throw error
  }
}

function mismatch(value: GoValue, type: string): string {
  return `error unmarshaling JSON: while decoding JSON: ${jsonMismatch(value, type)}`
}

/** encoding/json's complaint about a value of the wrong kind. */
function jsonMismatch(value: GoValue, type: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`
}

function jsonKind(value: GoValue): string {
  if (isList(value)) return 'array'
  if (isMap(value)) return 'object'
  const name = typeName(value)
  return name === 'float64' ? 'number' : name === 'bool' ? 'bool' : 'string'
}

function emptyMap(): Record<string, GoValue> {
  return Object.create(null) as Record<string, GoValue>
}

function errorMap(message: string): GoValue {
  const map = emptyMap()
  map['Error'] = message
  return map
}

/** What could be read stays beside the Error. */
function fromJson(text: string): GoValue {
  const { value, problem } = decodeJson(text)
  if (isMap(value)) return problem === undefined ? value : Object.assign(value, { Error: problem })
  if (value !== null) return errorMap(jsonMismatch(value, 'map[string]interface {}'))
  return problem === undefined ? nilOf(emptyMap()) : errorMap(problem)
}

function fromJsonArray(text: string): GoValue {
  const { value, problem } = decodeJson(text)
  if (value !== null && !isList(value)) return [jsonMismatch(value, '[]interface {}')]
  return problem !== undefined ? [problem] : (value ?? nilList)
}
