import { regexProblem } from '@kedge/gotemplate'
import { isValueMap } from '../values/paths.ts'
import { formatProblem } from './formats.ts'
import type { Draft } from './schema-document.ts'

type Check = (value: unknown, draft: Draft, depth: number) => boolean

/** Deeper schemas are left to whoever tells what is wrong. */
const maxDepth = 100

/**
 * Whether a schema surely fits its draft's schema of schemas: a quick look, for nearly all do. One that it is not sure of
 * may still fit.
 */
export function isSurelySound(schema: unknown, draft: Draft, depth: number = 0): boolean {
  if (draft === 4 || depth > maxDepth) return false
  if (typeof schema === 'boolean') return true
  if (!isValueMap(schema)) return false
  return Object.entries(schema).every(([keyword, value]) => {
    const check = checks.get(keyword)
    return check === undefined || check(value, draft, depth + 1)
  })
}

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isNumber: Check = (value) => typeof value === 'number'
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0
const isPattern: Check = (value) => typeof value === 'string' && regexProblem(value) === undefined
const isReference: Check = (value) => typeof value === 'string' && formatProblem(value, 'uri-reference') === undefined
const isNames: Check = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length
const areSchemas: Check = (value, draft, depth) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isSurelySound(one, draft, depth))
const byName: Check = (value, draft, depth) =>
  isValueMap(value) && Object.values(value).every((one) => isSurelySound(one, draft, depth))
const byPattern: Check = (value, draft, depth) =>
  byName(value, draft, depth) && Object.keys(value as object).every((name) => isPattern(name, draft, depth))

const typeNames: readonly unknown[] = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
const isType: Check = (value, draft, depth) =>
  typeNames.includes(value) ||
  (isNames(value, draft, depth) &&
    (value as unknown[]).length > 0 &&
    (value as unknown[]).every((name) => typeNames.includes(name)))

/** Of equal entries only those that are no maps or lists are looked for; with others it is not sure. */
const isEnum: Check = (value, draft) =>
  Array.isArray(value) &&
  (draft >= 2019 ||
    (value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((one) => typeof one !== 'object' || one === null)))

function all(check: Check, ...keywords: readonly string[]): readonly (readonly [string, Check])[] {
  return keywords.map((keyword) => [keyword, check])
}

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...all(isText, 'title', 'description', 'format', '$comment', 'contentMediaType', 'contentEncoding'),
  ...all(isFlag, 'uniqueItems', 'readOnly', 'writeOnly', 'deprecated'),
  ...all(isNumber, 'maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'),
  ...all(isCount, 'maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'),
  ...all(isCount, 'maxContains', 'minContains'),
  ...all(isReference, '$ref'),
  ...all(isSurelySound, 'additionalItems', 'additionalProperties', 'contains', 'propertyNames', 'not'),
  ...all(isSurelySound, 'if', 'then', 'else', 'unevaluatedItems', 'unevaluatedProperties', 'contentSchema'),
  ...all(areSchemas, 'allOf', 'anyOf', 'oneOf', 'prefixItems'),
  ...all(byName, 'definitions', '$defs', 'properties', 'dependentSchemas'),
  ['patternProperties', byPattern],
  ['pattern', isPattern],
  ['required', isNames],
  ['type', isType],
  ['enum', isEnum],
  ['examples', (value) => Array.isArray(value)],
  ['multipleOf', (value) => typeof value === 'number' && value > 0],
  ['$schema', (value) => typeof value === 'string' && formatProblem(value, 'uri') === undefined],
  ['$id', (value) => typeof value === 'string' && /^[^#]*#?$/.test(value) && isReference(value, 7, 0)],
  ['$anchor', (value) => typeof value === 'string' && /^[A-Za-z][-A-Za-z0-9._]*$/.test(value)],
  [
    'items',
    (value, draft, depth) => isSurelySound(value, draft, depth) || (draft !== 2020 && areSchemas(value, draft, depth)),
  ],
  ...['dependencies', 'dependentRequired', '$vocabulary', '$dynamicRef', '$dynamicAnchor'].flatMap((keyword) =>
    all(() => false, keyword),
  ),
  ...all(() => false, '$recursiveRef', '$recursiveAnchor'),
])
