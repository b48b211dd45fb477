import { regexFinds } from '@kedge/gotemplate'
import { isValueMap, type ValueMap } from '../values/paths.ts'
import { englishCount, quote, quoteAll, type Problem } from './problem.ts'
import type { Report, SchemaMap, Seen } from './check-value.ts'

/** An object under its schema. */
export interface ObjectCheck {
  readonly object: Readonly<ValueMap>
  readonly schema: SchemaMap
  readonly seen: Seen
  readonly report: Report
  readonly add: (problem: Problem | undefined) => void
  /** Checks one property's value. */
  readonly property: (schema: unknown, name: string) => Problem | undefined
  /** Checks the object itself against another schema. */
  readonly self: (schema: unknown) => Problem | undefined
  /** Checks a property's name. */
  readonly nameOf: (schema: unknown, name: string) => Problem | undefined
}

/** The keywords on objects. */
export function checkObject(check: ObjectCheck): void {
  const { object, schema, report } = check
  const { minProperties, maxProperties, required } = schema
  const count = Object.keys(object).length
  if (typeof minProperties === 'number' && count < minProperties)
    report(`minProperties: got ${englishCount(count)}, want ${englishCount(minProperties)}`)
  if (typeof maxProperties === 'number' && count > maxProperties)
    report(`maxProperties: got ${englishCount(count)}, want ${englishCount(maxProperties)}`)
  const missing = missingOf(object, required)
  if (missing.length > 0) report(`missing ${missing.length === 1 ? 'property' : 'properties'} ${quoteAll(missing)}`)
  checkDependencies(check, schema['dependencies'])
  checkProperties(check)
  checkNames(check)
  checkDependencies(check, schema['dependentSchemas'])
  checkDependencies(check, schema['dependentRequired'])
}

function missingOf(object: Readonly<ValueMap>, required: unknown): readonly string[] {
  if (!Array.isArray(required)) return []
  return required.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(object, name))
}

/** What must hold when a property is there: others are too, or the object fits another schema. */
function checkDependencies({ object, report, add, self }: ObjectCheck, dependencies: unknown): void {
  if (!isValueMap(dependencies)) return
  for (const [name, wanted] of Object.entries(dependencies)) {
    if (!Object.hasOwn(object, name)) continue
    const missing = missingOf(object, wanted)
    if (missing.length > 0) report(`properties ${quoteAll(missing)} required, if ${quote(name)} exists`)
    if (!Array.isArray(wanted)) add(self(wanted))
  }
}

function checkProperties({ object, schema, seen, report, add, property }: ObjectCheck): void {
  const properties = isValueMap(schema['properties']) ? schema['properties'] : {}
  const patterns = isValueMap(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : []
  const { additionalProperties } = schema
  const refused: string[] = []
  for (const name of Object.keys(object)) {
    const own = Object.hasOwn(properties, name) ? [properties[name]] : []
    const matching = patterns.filter(([pattern]) => regexFinds(pattern, name)).map(([, below]) => below)
    const schemas = [...own, ...matching]
    if (schemas.length === 0 && additionalProperties === undefined) continue
    seen.properties.add(name)
    if (schemas.length > 0) for (const below of schemas) add(property(below, name))
    else if (additionalProperties === false) refused.push(name)
    else add(property(additionalProperties, name))
  }
  if (refused.length > 0) report(`additional properties ${quoteAll(refused)} not allowed`)
}

function checkNames({ object, schema, report, nameOf }: ObjectCheck): void {
  const { propertyNames } = schema
  if (propertyNames === undefined) return
  for (const name of Object.keys(object)) {
    const problem = nameOf(propertyNames, name)
    if (problem !== undefined)
      report(`invalid propertyName ${quote(name)}`, problem.isGroup === true ? problem.causes : [problem])
  }
}
