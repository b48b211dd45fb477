import { FailureError } from '@kedge/base'
import type { Draft, FieldError } from '../contracts.ts'
import { declaredSchema } from './custom-kinds.ts'
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from './field-error.ts'
import { isList, isObject, jsonEquals, member, text, texts, type JsonObject } from './json.ts'
import { messageProgram, ruleProgram, rulesOf, usesOldSelf } from './rules.ts'
import { checkAgainstSchema } from './schema-check.ts'
import { checkStructural } from './structural.ts'

/** What is wrong with the schemas of a CustomResourceDefinition, in the real server's words. */
export function checkDefinition(crd: Readonly<Draft>): readonly FieldError[] {
  const spec = member(crd, 'spec')
  const versions = member(spec, 'versions')
  const listed = isList(versions) ? versions.filter(isObject) : []
  const schemas = listed.map((version) => member(member(version, 'schema'), 'openAPIV3Schema'))
  const errors: FieldError[] = []
  for (const [at, schema] of schemas.entries()) {
    if (!isObject(schema)) errors.push(requiredValue(`spec.versions[${at}].schema.openAPIV3Schema`))
  }
  if (member(spec, 'preserveUnknownFields') === true) {
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  }
  // The server keeps one schema that all versions share apart from them, and says so in its messages.
  const [first] = schemas
  if (isObject(first) && schemas.every((schema) => jsonEquals(schema, first))) {
    return [...errors, ...checkSchema(first, 'spec.validation.openAPIV3Schema')]
  }
  return [
    ...errors,
    ...schemas.flatMap((schema, at) =>
      isObject(schema) ? checkSchema(schema, `spec.versions[${at}].schema.openAPIV3Schema`) : [],
    ),
  ]
}

/** Throws FailureError when a definition's schemas are wrong. */
export function requireDefinition(crd: Readonly<Draft>): void {
  const [first, ...more] = checkDefinition(crd)
  if (first === undefined) return
  const name = text(member(crd, 'metadata'), 'name') ?? ''
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw new FailureError({
    code: 'InvalidDefinition',
    object: `CustomResourceDefinition//${name}`,
    message: `${first.field}: ${first.message}${rest}`,
  })
}

function checkSchema(schema: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (schema['nullable'] === true)
    errors.push(forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root'))
  const structural = checkStructural(schema, path)
  errors.push(...structural)
  const walk: Walk = { errors, checksRules: structural.length === 0 }
  checkNode(walk, schema, { path, isRoot: true, uncorrelated: undefined })
  if (errors.length === 0) checkDefaults(errors, schema, path)
  return errors
}

interface Walk {
  readonly errors: FieldError[]
  readonly checksRules: boolean
}

interface At {
  readonly path: string
  readonly isRoot: boolean
  /** The schema above which stored and new values cannot be told to be the same. */
  readonly uncorrelated: string | undefined
}

const unsupported: Readonly<Record<string, string>> = {
  id: 'id is not supported',
  additionalItems: 'additionalItems is not supported',
  patternProperties: 'patternProperties is not supported',
  definitions: 'definitions is not supported',
  dependencies: 'dependencies is not supported',
  $ref: '$ref is not supported',
}
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']

function checkNode(walk: Walk, schema: JsonObject, at: At): void {
  const { errors } = walk
  const { path } = at
  const before = errors.length
  errors.push(...keywordErrors(schema, path), ...mapTypeErrors(schema, path), ...listTypeErrors(schema, path))
  for (const { below, name, uncorrelated } of schemasBelow(schema, at)) {
    if (isObject(below)) checkNode(walk, below, { path: `${path}.${name}`, isRoot: false, uncorrelated })
  }
  checkRuleTexts(errors, schema, path)
  if (walk.checksRules && errors.length === before) compileRules(errors, schema, at)
}

interface Below {
  readonly below: unknown
  readonly name: string
  readonly uncorrelated: string | undefined
}

function* schemasBelow(schema: JsonObject, { path, uncorrelated }: At): Generator<Below> {
  const { additionalProperties, properties, items, not } = schema
  const inMap = schema['x-kubernetes-map-type'] === 'atomic' ? (uncorrelated ?? path) : uncorrelated
  const inList = schema['x-kubernetes-list-type'] === 'map' ? uncorrelated : (uncorrelated ?? path)
  yield { below: additionalProperties, name: 'additionalProperties', uncorrelated }
  for (const [name, below] of Object.entries(isObject(properties) ? properties : {})) {
    yield { below, name: `properties[${name}]`, uncorrelated: inMap }
  }
  yield { below: items, name: 'items', uncorrelated: inList }
  yield { below: not, name: 'not', uncorrelated }
  for (const junctor of ['allOf', 'anyOf', 'oneOf']) {
    const list = schema[junctor]
    for (const [index, below] of (isList(list) ? list : []).entries())
      yield { below, name: `${junctor}[${index}]`, uncorrelated }
  }
}

function keywordErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const type = text(schema, 'type') ?? ''
  if (type !== '' && !types.includes(type)) errors.push(unsupportedValue(`${path}.type`, type, types))
  for (const [name, detail] of Object.entries(unsupported)) {
    if (schema[name] !== undefined) errors.push(forbiddenValue(`${path}.${name}`, detail))
  }
  if (schema['uniqueItems'] === true) {
    errors.push(
      forbiddenValue(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  }
  if (isList(schema['items']))
    errors.push(forbiddenValue(`${path}.items`, 'items must be a schema object and not an array'))
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  }
  return errors
}

function needsType(
  schema: JsonObject,
  path: string,
  of: { readonly type: string; readonly detail: string },
): readonly FieldError[] {
  const type = text(schema, 'type') ?? ''
  if (type === of.type) return []
  return [type === '' ? requiredValue(`${path}.type`, of.detail) : invalidValue(`${path}.type`, type, of.detail)]
}

function mapTypeErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const relation = text(schema, 'x-kubernetes-map-type')
  if (relation === undefined) return []
  const detail = 'must be object if x-kubernetes-map-type is specified'
  const errors = [...needsType(schema, path, { type: 'object', detail })]
  if (relation !== 'atomic' && relation !== 'granular') {
    errors.push(unsupportedValue(`${path}.x-kubernetes-map-type`, relation, ['atomic', 'granular']))
  }
  return errors
}

function listTypeErrors(schema: JsonObject, path: string): readonly FieldError[] {
  const relation = text(schema, 'x-kubernetes-list-type')
  const keys = texts(schema, 'x-kubernetes-list-map-keys')
  const field = `${path}.x-kubernetes-list-type`
  const errors: FieldError[] = []
  if (keys.length > 0 && relation !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    errors.push(relation === undefined ? requiredValue(field, detail) : invalidValue(field, relation, detail))
  }
  if (relation === undefined) return errors
  errors.push(
    ...needsType(schema, path, { type: 'array', detail: 'must be array if x-kubernetes-list-type is specified' }),
  )
  if (!['atomic', 'set', 'map'].includes(relation))
    errors.push(unsupportedValue(field, relation, ['atomic', 'set', 'map']))
  const items = schema['items']
  if (!isObject(items) || relation === 'atomic') return errors
  if (items['nullable'] === true) {
    errors.push(
      forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${relation}`),
    )
  }
  if (relation === 'set') errors.push(...setItemErrors(items, `${path}.items`))
  return relation === 'map' ? [...errors, ...keyErrors(items, keys, path)] : errors
}

function setItemErrors(items: JsonObject, path: string): readonly FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const relation = items['x-kubernetes-list-type']
  if (items['type'] === 'array' && relation !== undefined && relation !== 'atomic') {
    return [invalidValue(`${path}.x-kubernetes-list-type`, relation, detail)]
  }
  if (items['type'] !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return []
  return [invalidValue(`${path}.x-kubernetes-map-type`, relation ?? null, detail)]
}

function keyErrors(items: JsonObject, keys: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const field = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(requiredValue(field, 'must not be empty if x-kubernetes-list-type is map'))
  if (items['type'] !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalidValue(`${path}.items.type`, text(items, 'type') ?? '', detail)]
  }
  const required = texts(items, 'required')
  for (const [at, key] of keys.entries()) {
    const declared = member(items['properties'], key)
    const place = `${path}.items.properties[${key}]`
    if (keys.indexOf(key) !== at) errors.push(invalidValue(field, keys, 'must not contain duplicate entries'))
    if (!isObject(declared)) {
      errors.push(invalidValue(field, keys, 'entries must all be names of item properties'))
      continue
    }
    if (declared['type'] === 'array' || declared['type'] === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalidValue(`${place}.type`, items['type'], detail))
    }
    if (!required.includes(key) && declared['default'] === undefined) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'
      errors.push(requiredValue(`${place}.default`, detail))
    }
    if (declared['nullable'] === true) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'
      errors.push(forbiddenValue(`${place}.nullable`, detail))
    }
  }
  return errors
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

function checkRuleTexts(errors: FieldError[], schema: JsonObject, path: string): void {
  for (const [at, rule] of rulesOf(schema).entries()) {
    const field = `${path}.x-kubernetes-validations[${at}]`
    const source = (text(rule, 'rule') ?? '').trim()
    const message = text(rule, 'message') ?? ''
    if (source === '') errors.push(requiredValue(`${field}.rule`, 'rule is not specified'))
    else if (message !== '' && message.trim() === '') {
      errors.push(invalidValue(`${field}.message`, message, 'must be non-empty if specified'))
    } else if (/[\n\r]/.test(message.trim())) {
      errors.push(invalidValue(`${field}.message`, message, 'must not contain line breaks'))
    } else if (/[\n\r]/.test(source) && message.trim() === '') {
      errors.push(requiredValue(`${field}.message`, 'message must be specified if rule contains line breaks'))
    }
    const reason = text(rule, 'reason')
    if (reason !== undefined && !reasons.includes(reason))
      errors.push(unsupportedValue(`${field}.reason`, reason, reasons))
  }
}

function compileRules(errors: FieldError[], schema: JsonObject, at: At): void {
  const rules = rulesOf(schema)
  if (rules.length === 0) return
  const typed = at.isRoot ? declaredSchema(schema) : schema
  for (const [index, rule] of rules.entries()) {
    const field = `${at.path}.x-kubernetes-validations[${index}]`
    const program = ruleProgram(typed, rule)
    if (!program.ok) errors.push(invalidValue(`${field}.rule`, goRule(rule), compileDetail('', program.failure)))
    const message = messageProgram(typed, rule)
    if (message?.ok === false) {
      errors.push(
        invalidValue(`${field}.messageExpression`, goRule(rule), compileDetail('messageExpression ', message.failure)),
      )
    }
    const source = text(rule, 'rule') ?? ''
    if (at.uncorrelated !== undefined && usesOldSelf(source)) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${at.uncorrelated}`
      errors.push(invalidValue(`${field}.rule`, source, detail))
    }
  }
}

function compileDetail(what: string, failure: { readonly code: string; readonly message: string }): string {
  if (failure.code === 'CelType') return what === '' ? failure.message : 'messageExpression must evaluate to a string'
  return `${what}compilation failed: ${failure.message}`
}

/** A rule as the server's internal type prints it. */
function goRule(rule: JsonObject): JsonObject {
  return {
    Rule: text(rule, 'rule') ?? '',
    Message: text(rule, 'message') ?? '',
    MessageExpression: text(rule, 'messageExpression') ?? '',
    Reason: rule['reason'] ?? null,
    FieldPath: text(rule, 'fieldPath') ?? '',
    OptionalOldSelf: rule['optionalOldSelf'] ?? null,
  }
}

/** Defaults must be valid themselves. */
function checkDefaults(errors: FieldError[], schema: JsonObject, path: string): void {
  const preset = schema['default']
  if (preset !== undefined && preset !== null) {
    const field = `${path}.default`
    errors.push(...checkAgainstSchema(schema, preset, { path: field, old: undefined }))
  }
  const { items, additionalProperties, properties } = schema
  if (isObject(items)) checkDefaults(errors, items, `${path}.items`)
  if (isObject(additionalProperties)) checkDefaults(errors, additionalProperties, `${path}.additionalProperties`)
  for (const [name, below] of Object.entries(isObject(properties) ? properties : {})) {
    if (isObject(below)) checkDefaults(errors, below, `${path}.properties[${name}]`)
  }
}
