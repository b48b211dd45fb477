import type { Draft } from './schema-document.ts'

/** Facts of json-schema.org's schemas of schemas: which keyword takes what, draft by draft. */
type Schema = boolean | Readonly<Record<string, unknown>>
type Keywords = Readonly<Record<string, Schema>>

/** Where each draft's schema of schemas lies; documents name their draft by it. */
export const metaschemaAddresses: Readonly<Record<Draft, string>> = {
  4: 'http://json-schema.org/draft-04/schema',
  6: 'http://json-schema.org/draft-06/schema',
  7: 'http://json-schema.org/draft-07/schema',
  2019: 'https://json-schema.org/draft/2019-09/schema',
  2020: 'https://json-schema.org/draft/2020-12/schema',
}

const self = { $ref: '#' }
const text = { type: 'string' }
const flag = { type: 'boolean' }
const number = { type: 'number' }
const list = { type: 'array', items: true }
const reference = { type: 'string', format: 'uri-reference' }
const address = { type: 'string', format: 'uri' }
const pattern = { type: 'string', format: 'regex' }
const branches: Keywords = Object.fromEntries(['if', 'then', 'else'].map((keyword) => [keyword, self]))
const byName = { type: 'object', additionalProperties: self }
const byPattern = { ...byName, propertyNames: { format: 'regex' } }

/** What keywords share, under the name that the draft has for its definitions. */
function sharedOf(
  root: 'definitions' | '$defs',
): Readonly<Record<'count' | 'fromZero' | 'names' | 'schemas' | 'type', Schema>> {
  const defined = (name: string): Schema => ({ $ref: `#/${root}/${name}` })
  return {
    count: defined('count'),
    fromZero: defined('fromZero'),
    names: defined('names'),
    schemas: defined('schemas'),
    type: {
      anyOf: [defined('type'), { type: 'array', items: defined('type'), minItems: 1, uniqueItems: true }],
    },
  }
}

function definitionsOf(fromZero: Schema, names: Readonly<Record<string, unknown>> = {}): Keywords {
  return {
    count: { type: 'integer', minimum: 0 },
    fromZero,
    names: { type: 'array', items: text, uniqueItems: true, ...names },
    schemas: { type: 'array', minItems: 1, items: self },
    type: { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] },
  }
}

function countKeywords({ count, fromZero, names, type }: ReturnType<typeof sharedOf>): Keywords {
  return {
    maximum: number,
    minimum: number,
    maxLength: count,
    minLength: fromZero,
    pattern,
    maxItems: count,
    minItems: fromZero,
    uniqueItems: flag,
    maxProperties: count,
    minProperties: fromZero,
    required: names,
    type,
  }
}

const exclusive: Keywords = {
  multipleOf: { type: 'number', exclusiveMinimum: 0 },
  exclusiveMaximum: number,
  exclusiveMinimum: number,
}

/** Drafts 4, 6 and 7: one document each. */
function early(draft: 4 | 6 | 7): Schema {
  const shared = sharedOf('definitions')
  const own = shared.schemas
  const itemsOrSelf = { anyOf: [self, own] }
  const fromZero = { allOf: [{ $ref: '#/definitions/count' }, {}] }
  const common: Keywords = {
    $schema: address,
    title: text,
    description: text,
    ...countKeywords(shared),
    items: itemsOrSelf,
    definitions: byName,
    properties: byName,
    patternProperties: draft === 7 ? byPattern : byName,
    dependencies: { type: 'object', additionalProperties: { anyOf: [self, shared.names] } },
    enum: { type: 'array', minItems: 1, uniqueItems: true },
    format: text,
    allOf: own,
    anyOf: own,
    oneOf: own,
    not: self,
  }
  const id = metaschemaAddresses[draft]
  if (draft === 4) {
    const flagOrSelf = { anyOf: [flag, self] }
    return {
      $schema: id,
      definitions: definitionsOf(fromZero, { minItems: 1 }),
      type: 'object',
      properties: {
        ...common,
        id: text,
        $ref: text,
        multipleOf: { type: 'number', minimum: 0, exclusiveMinimum: true },
        exclusiveMaximum: flag,
        exclusiveMinimum: flag,
        additionalItems: flagOrSelf,
        additionalProperties: flagOrSelf,
      },
      dependencies: { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] },
    }
  }
  const six: Keywords = {
    ...exclusive,
    $id: reference,
    $ref: reference,
    additionalItems: self,
    additionalProperties: self,
    contains: self,
    propertyNames: self,
  }
  const seven: Keywords = {
    $comment: text,
    readOnly: flag,
    writeOnly: flag,
    examples: list,
    contentMediaType: text,
    contentEncoding: text,
    ...branches,
  }
  return {
    $schema: id,
    definitions: definitionsOf(fromZero),
    type: ['object', 'boolean'],
    properties: { ...common, ...six, ...(draft === 7 ? seven : {}) },
  }
}

/** Drafts of 2019 and 2020: a part for each vocabulary, all of which must fit. */
function late(draft: 2019 | 2020): Schema {
  const shared = sharedOf('$defs')
  const own = shared.schemas
  const vocabularies = Object.entries(draft === 2019 ? vocabulariesOf2019(own) : vocabulariesOf2020(own))
  const part = (properties: Keywords): Schema => ({ type: ['object', 'boolean'], properties })
  const counts = {
    ...countKeywords(shared),
    ...exclusive,
    maxContains: shared.count,
    minContains: shared.count,
    dependentRequired: { type: 'object', additionalProperties: shared.names },
    enum: list,
  }
  const described: Keywords = {
    title: text,
    description: text,
    deprecated: flag,
    readOnly: flag,
    writeOnly: flag,
    examples: list,
  }
  const parts: Readonly<Record<string, Schema>> = {
    ...Object.fromEntries(vocabularies.map(([name, keywords]) => [name, part(keywords)])),
    validation: part(counts),
    described: part(described),
    format: part({ format: text }),
    content: part({ contentMediaType: text, contentEncoding: text, contentSchema: self }),
  }
  const anchor = { type: 'string', pattern: '^[A-Za-z_][-A-Za-z0-9._]*$' }
  return {
    $schema: metaschemaAddresses[draft],
    allOf: Object.keys(parts).map((name) => ({ $ref: `#/$defs/${name}` })),
    type: ['object', 'boolean'],
    properties: {
      definitions: byName,
      dependencies: { type: 'object', additionalProperties: { anyOf: [self, shared.names] } },
      ...(draft === 2020 ? { $recursiveAnchor: anchor, $recursiveRef: reference } : {}),
    },
    $defs: { ...definitionsOf({ $ref: '#/$defs/count' }), ...parts },
  }
}

const coreKeywords: Keywords = {
  $id: { ...reference, pattern: '^[^#]*#?$' },
  $schema: address,
  $ref: reference,
  $vocabulary: { type: 'object', propertyNames: address, additionalProperties: flag },
  $comment: text,
  $defs: byName,
}

function applicators(own: Schema): Keywords {
  return {
    contains: self,
    additionalProperties: self,
    properties: byName,
    patternProperties: byPattern,
    dependentSchemas: byName,
    propertyNames: self,
    ...branches,
    allOf: own,
    anyOf: own,
    oneOf: own,
    not: self,
  }
}

const unevaluated: Keywords = { unevaluatedItems: self, unevaluatedProperties: self }

function vocabulariesOf2019(own: Schema): Readonly<Record<string, Keywords>> {
  const anchor = { type: 'string', pattern: '^[A-Za-z][-A-Za-z0-9.:_]*$' }
  return {
    core: { ...coreKeywords, $anchor: anchor, $recursiveRef: reference, $recursiveAnchor: flag },
    applicator: { ...applicators(own), ...unevaluated, additionalItems: self, items: { anyOf: [self, own] } },
  }
}

function vocabulariesOf2020(own: Schema): Readonly<Record<string, Keywords>> {
  const anchor = { type: 'string', pattern: '^[A-Za-z_][-A-Za-z0-9._]*$' }
  return {
    core: { ...coreKeywords, $anchor: anchor, $dynamicRef: reference, $dynamicAnchor: anchor },
    applicator: { ...applicators(own), prefixItems: own, items: self },
    unevaluated,
  }
}

/** The schema that schemas of a draft must fit. */
export function metaschemaOf(draft: Draft): Schema {
  return draft === 2019 || draft === 2020 ? late(draft) : early(draft)
}
