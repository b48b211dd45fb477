import { sprintf, type GoValue } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'
import { isValueMap, type ValueMap } from '../values/paths.ts'
import { checkList } from './check-list.ts'
import { checkObject } from './check-object.ts'
import { checkNumber, checkText } from './check-scalar.ts'
import { formatProblem } from './formats.ts'
import { jsonEquals, jsonKind } from './json-kind.ts'
import { groupProblems, quote, type Problem } from './problem.ts'
import type { SchemaDocument } from './schema-document.ts'
import type { SchemaLibrary } from './schema-library.ts'

export type SchemaMap = Readonly<ValueMap>

/** Tells of a problem at the value being checked. */
export type Report = (message: string, causes?: readonly Problem[]) => void

/** Parts of a value that some schema has looked at. */
export interface Seen {
  readonly properties: Set<string>
  readonly items: Set<number>
}

/** A value and where it lies. */
export interface Subject {
  readonly value: unknown
  readonly path: readonly string[]
}

/** Deepest nesting of schemas, references included, and how many are applied in all. */
const maxDepth = 1_000
const maxSteps = 20_000_000

/** Checks values against one schema document, in the order and the words of Helm's validator. */
export class ValueChecker {
  readonly #library: SchemaLibrary
  /** The document of the schema that is being applied. */
  #document: SchemaDocument
  #steps = 0
  #depth = 0

  constructor(library: SchemaLibrary) {
    this.#library = library
    this.#document = library.root
  }

  /** The problem of a value with a schema; undefined when it fits. Throws FailureError on a schema that cannot be followed. */
  check(schema: unknown, subject: Subject, seen: Seen = newSeen()): Problem | undefined {
    if (schema === true) return undefined
    if (schema === false) return problemAt(subject, 'false schema')
    if (!isValueMap(schema)) return undefined
    this.#steps += 1
    this.#depth += 1
    if (this.#depth > maxDepth || this.#steps > maxSteps)
      throw chartError('the schema is too deep, or refers to itself without end')
    try {
      return this.#checkMap(schema, subject, seen)
    } finally {
      this.#depth -= 1
    }
  }

  #checkMap(schema: SchemaMap, subject: Subject, seen: Seen): Problem | undefined {
    const first = this.#whole(schema, subject)
    if (first !== undefined) return problemAt(subject, first)
    const problems: Problem[] = []
    const add = (problem: Problem | undefined): void => {
      if (problem !== undefined) problems.push(problem)
    }
    const { draft } = this.#document
    if (typeof schema['$ref'] === 'string') {
      const problem = this.#reference(schema['$ref'], subject, seen)
      if (draft < 2019) return problem
      add(problem)
    }
    const report: Report = (message, causes = []) => problems.push({ path: subject.path, message, causes })
    this.#parts(schema, subject, { seen, report, add })
    if (typeof schema['$dynamicRef'] === 'string') add(this.#reference(schema['$dynamicRef'], subject, seen))
    this.#combined(schema, subject, { seen, report, add })
    if (draft >= 2019) this.#unevaluated(schema, subject, { seen, report, add })
    return groupProblems(problems, subject.path)
  }

  /** Keywords after which nothing else is looked at. */
  #whole(schema: SchemaMap, { value }: Subject): string | undefined {
    const { type, format } = schema
    const kind = jsonKind(value)
    const types = typesOf(type)
    if (types !== undefined && !types.includes(kind) && !(types.includes('integer') && isInteger(value)))
      return `got ${kind}, want ${typeOrder.filter((type) => types.includes(type)).join(' or ')}`
    if (Object.hasOwn(schema, 'const') && !jsonEquals(value, schema['const']))
      return isPrimitive(schema['const']) ? `value must be ${display(schema['const'])}` : "'const' failed"
    const choice = schema['enum']
    if (Array.isArray(choice) && !choice.some((one) => jsonEquals(value, one))) return enumMessage(choice)
    if (typeof format !== 'string' || typeof value !== 'string' || !this.#document.assertsFormats) return undefined
    const problem = formatProblem(value, format)
    return problem === undefined ? undefined : `${display(value)} is not valid ${format}: ${problem}`
  }

  #reference(reference: string, subject: Subject, seen: Seen): Problem | undefined {
    const outer = this.#document
    const target = this.#library.find(reference, outer)
    if (target === undefined) throw chartError(`the schema refers to ${reference}, which is not there`)
    this.#document = target.document
    const problem = this.check(target.schema, subject, seen)
    this.#document = outer
    if (problem === undefined) return undefined
    const causes = problem.isGroup === true ? problem.causes : [problem]
    return { path: subject.path, message: 'validation failed', causes, isReference: true }
  }

  #parts(schema: SchemaMap, subject: Subject, on: Applying): void {
    const { value, path } = subject
    const below = (inner: unknown, key: string, of: unknown): Problem | undefined =>
      this.check(inner, { value: of, path: [...path, key] })
    if (isValueMap(value))
      checkObject({
        ...on,
        object: value,
        schema,
        property: (inner, name) => below(inner, name, value[name]),
        self: (inner) => this.#self(inner, subject, on.seen),
        nameOf: (inner, name) => this.check(inner, { value: name, path: [] }),
      })
    else if (Array.isArray(value)) {
      const list: readonly unknown[] = value
      const isNew = this.#document.draft >= 2020
      checkList({ ...on, list, schema, isNew, item: (inner, index) => below(inner, String(index), list[index]) })
    } else if (typeof value === 'string') checkText(value, schema, on.report)
    else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(Number(value), schema, on.report)
  }

  /** The same value under another schema; what that one looked at counts only when the value fits. */
  #self(schema: unknown, subject: Subject, seen: Seen): Problem | undefined {
    const own = newSeen()
    const problem = this.check(schema, subject, own)
    if (problem !== undefined) return problem
    for (const name of own.properties) seen.properties.add(name)
    for (const index of own.items) seen.items.add(index)
    return undefined
  }

  #combined(schema: SchemaMap, subject: Subject, { seen, report, add }: Applying): void {
    const test = (inner: unknown): Problem | undefined => this.#self(inner, subject, seen)
    if (schema['not'] !== undefined && test(schema['not']) === undefined) report("'not' failed")
    const { allOf, anyOf, oneOf } = schema
    if (Array.isArray(allOf)) {
      const failed = problemsOf(allOf, test)
      if (failed.length > 0) report("'allOf' failed", failed)
    }
    if (Array.isArray(anyOf) && anyOf.length > 0) {
      const failed = problemsOf(anyOf, test)
      if (failed.length === anyOf.length) report("'anyOf' failed", failed)
    }
    if (Array.isArray(oneOf) && oneOf.length > 0) checkOneOf(oneOf, test, report)
    if (schema['if'] === undefined) return
    const branch = test(schema['if']) === undefined ? schema['then'] : schema['else']
    if (branch !== undefined) add(test(branch))
  }

  #unevaluated(schema: SchemaMap, { value, path }: Subject, { seen, add }: Applying): void {
    const { unevaluatedProperties, unevaluatedItems } = schema
    if (isValueMap(value) && unevaluatedProperties !== undefined) {
      for (const name of Object.keys(value)) {
        if (!seen.properties.has(name))
          add(this.check(unevaluatedProperties, { value: value[name], path: [...path, name] }))
        seen.properties.add(name)
      }
    }
    if (Array.isArray(value) && unevaluatedItems !== undefined) {
      for (const [index, item] of (value as readonly unknown[]).entries()) {
        if (!seen.items.has(index)) add(this.check(unevaluatedItems, { value: item, path: [...path, String(index)] }))
        seen.items.add(index)
      }
    }
  }
}

function typesOf(type: unknown): readonly string[] | undefined {
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? (type as readonly string[]) : undefined
}

/** The order in which types are named. */
const typeOrder = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object']

interface Applying {
  readonly seen: Seen
  readonly report: Report
  readonly add: (problem: Problem | undefined) => void
}

function newSeen(): Seen {
  return { properties: new Set(), items: new Set() }
}

function problemAt({ path }: Subject, message: string): Problem {
  return { path, message, causes: [] }
}

function problemsOf(schemas: readonly unknown[], test: (schema: unknown) => Problem | undefined): readonly Problem[] {
  return schemas.map(test).filter((problem) => problem !== undefined)
}

function checkOneOf(schemas: readonly unknown[], test: (schema: unknown) => Problem | undefined, report: Report): void {
  const results = schemas.map(test)
  const matched = [...results.keys()].filter((index) => results[index] === undefined)
  const [first, second] = matched
  if (first === undefined)
    report(
      "'oneOf' failed, none matched",
      results.filter((problem) => problem !== undefined),
    )
  else if (second !== undefined) report(`'oneOf' failed, subschemas ${first}, ${second} matched`)
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function display(value: unknown): string {
  return typeof value === 'string' ? quote(value) : sprintf('%v', [value as GoValue])
}

function enumMessage(choice: readonly unknown[]): string {
  if (!choice.every(isPrimitive)) return "'enum' failed"
  return choice.length === 1
    ? `value must be ${display(choice[0])}`
    : `value must be one of ${choice.map(display).join(', ')}`
}
