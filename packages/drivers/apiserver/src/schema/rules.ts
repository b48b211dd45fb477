import { compileCel, prepareOptional, prepareValue, type CelProgram, type PreparedValue } from '@kedge/cel'
import type { Result } from '@kedge/base'
import type { FieldError } from '../contracts.ts'
import { duplicateValue, forbiddenValue, invalidValue, noField, omitted, requiredValue } from './field-error.ts'
import { isList, isObject, jsonEquals, text, type JsonObject } from './json.ts'
import { oldItem, oldMember, type Old } from './schema-check.ts'

/** The rules `x-kubernetes-validations` of a schema. */
export function rulesOf(schema: JsonObject): readonly JsonObject[] {
  const rules = schema['x-kubernetes-validations']
  return isList(rules) ? rules.filter(isObject) : []
}

/** Whether a rule or message compares with the stored value. */
export function usesOldSelf(expression: string): boolean {
  return /\boldSelf\b/.test(expression)
}

const compiled = new WeakMap<JsonObject, Result<CelProgram>>()
const compiledMessages = new WeakMap<JsonObject, Result<CelProgram>>()

/** The program of a rule over values of a schema. Compiled once. */
export function ruleProgram(schema: JsonObject, rule: JsonObject): Result<CelProgram> {
  const known = compiled.get(rule)
  if (known !== undefined) return known
  const made = compileCel(text(rule, 'rule') ?? '', { ...celOptions(schema, rule), result: 'bool' })
  compiled.set(rule, made)
  return made
}

/** The program of a rule's messageExpression, undefined where it has none. */
export function messageProgram(schema: JsonObject, rule: JsonObject): Result<CelProgram> | undefined {
  const expression = text(rule, 'messageExpression') ?? ''
  if (expression === '') return undefined
  const known = compiledMessages.get(rule)
  if (known !== undefined) return known
  const made = compileCel(expression, { ...celOptions(schema, rule), result: 'string' })
  compiledMessages.set(rule, made)
  return made
}

function celOptions(
  schema: JsonObject,
  rule: JsonObject,
): Pick<Parameters<typeof compileCel>[1], 'variables' | 'schemas'> {
  const isOptional = rule['optionalOldSelf'] === true
  return { variables: ['self', 'oldSelf'], schemas: { self: schema, ...(isOptional ? {} : { oldSelf: schema }) } }
}

interface At {
  readonly path: string
  readonly old: Old
  /** The value, or one that it is part of, is the stored one. */
  readonly isUnchanged: boolean
}

/** Evaluates all rules of a schema and of what is below it. */
export function checkRules(
  schema: JsonObject,
  value: unknown,
  at: { readonly path: string; readonly old: Old },
): readonly FieldError[] {
  return check(schema, value, { ...at, isUnchanged: at.old !== undefined && jsonEquals(at.old.value, value) })
}

const ruled = new WeakMap<JsonObject, boolean>()

/** Whether a schema or anything below it has rules. */
export function hasRules(schema: JsonObject): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  const { items, additionalProperties, properties } = schema
  const below = [items, additionalProperties, ...(isObject(properties) ? Object.values(properties) : [])]
  const all = [...below, ...(isList(schema['allOf']) ? schema['allOf'] : [])]
  const found = rulesOf(schema).length > 0 || all.some((each) => isObject(each) && hasRules(each))
  ruled.set(schema, found)
  return found
}

function check(schema: JsonObject, value: unknown, at: At): readonly FieldError[] {
  if (value === null || value === undefined || !hasRules(schema)) return []
  const errors = [...ownErrors(schema, value, at)]
  if (isList(value)) {
    const items = schema['items']
    if (!isObject(items)) return errors
    for (const [index, item] of value.entries()) {
      errors.push(...below(items, item, { ...at, path: `${at.path}[${index}]`, old: oldItem(schema, item, at.old) }))
    }
  } else if (isObject(value)) errors.push(...memberErrors(schema, value, at))
  return errors
}

function memberErrors(schema: JsonObject, value: JsonObject, at: At): readonly FieldError[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const additional = schema['additionalProperties']
  return Object.keys(value).flatMap((name) => {
    const old = oldMember(schema, name, at.old)
    const declared = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (isObject(declared)) {
      return below(declared, value[name], { ...at, path: at.path === '' ? name : `${at.path}.${name}`, old })
    }
    return isObject(additional) ? below(additional, value[name], { ...at, path: `${at.path}[${name}]`, old }) : []
  })
}

function below(schema: JsonObject, value: unknown, at: At): readonly FieldError[] {
  const isSame = at.old !== undefined && jsonEquals(at.old.value, value)
  return check(schema, value, { ...at, isUnchanged: at.isUnchanged || isSame })
}

function ownErrors(schema: JsonObject, value: unknown, at: At): readonly FieldError[] {
  const rules = rulesOf(schema)
  if (rules.length === 0) return []
  const self = prepareValue(value, schema)
  const hasOld = at.old !== undefined && at.old.value !== null && at.old.value !== undefined
  const old = hasOld ? prepareValue(at.old?.value, schema) : undefined
  return rules.flatMap((rule) => ruleErrors({ schema, rule, value, self, old }, at))
}

interface Application {
  readonly schema: JsonObject
  readonly rule: JsonObject
  readonly value: unknown
  readonly self: PreparedValue
  readonly old: PreparedValue | undefined
}

function ruleErrors(of: Application, at: At): readonly FieldError[] {
  const { schema, rule, old } = of
  const source = text(rule, 'rule') ?? ''
  const isOptional = rule['optionalOldSelf'] === true
  const comparesOld = usesOldSelf(source)
  if (comparesOld && old === undefined && !isOptional) return []
  const field = at.path === '' ? noField : at.path
  const type = text(schema, 'type') ?? ''
  const program = ruleProgram(schema, rule)
  if (!program.ok) return [invalidValue(field, type, `rule compile error: ${program.failure.message}`)]
  const variables = { self: of.self, oldSelf: isOptional ? prepareOptional(old) : old }
  const result = program.value.evaluate(variables)
  if (!result.ok) return [invalidValue(field, type, runtimeDetail(result.failure, rule))]
  if (result.value === true || (at.isUnchanged && !comparesOld)) return []
  return [failedRule(of, field, messageOf(schema, rule, variables))]
}

function runtimeDetail(failure: { readonly code: string; readonly message: string }, rule: JsonObject): string {
  const shown = (text(rule, 'message') ?? '').trim() || (text(rule, 'rule') ?? '').trim()
  if (failure.code === 'CelBudget') {
    return `'${failure.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`
  }
  if (failure.message.startsWith('no such overload')) {
    return `'${failure.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
  }
  return `${failure.message} evaluating rule: ${shown}`
}

function messageOf(schema: JsonObject, rule: JsonObject, variables: Readonly<Record<string, unknown>>): string {
  const program = messageProgram(schema, rule)
  if (program?.ok === true) {
    const result = program.value.evaluate(variables)
    const message = result.ok && typeof result.value === 'string' ? result.value.trim() : ''
    if (message !== '' && !/[\n\r]/.test(message) && message.length <= 5000) return message
  }
  const fixed = (text(rule, 'message') ?? '').trim()
  return fixed === '' ? `failed rule: ${(text(rule, 'rule') ?? '').trim()}` : fixed
}

function failedRule({ schema, rule, value }: Application, at: string, detail: string): FieldError {
  const own = text(rule, 'fieldPath') ?? ''
  const field =
    own === ''
      ? at
      : `${at === noField ? '' : at}${own.startsWith('.') && at !== noField ? own : own.replace(/^\./, '')}`
  switch (text(rule, 'reason')) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, detail)
    case 'FieldValueRequired':
      return requiredValue(field, detail)
    case 'FieldValueDuplicate':
      return duplicateValue(field, value)
    default:
      return invalidValue(field, isCompound(schema) ? omitted : value, detail)
  }
}

function isCompound(schema: JsonObject): boolean {
  return schema['type'] === 'object' || schema['type'] === 'array'
}
