import { mergeSchema } from '../data/merge-schema.ts'

/** One field of a definition: where it leads, and the keys by which its list merges. The field `*` stands for all others. */
export interface SchemaField {
  readonly ref?: string
  readonly items?: string
  readonly merge?: readonly string[]
}

/** The part of an OpenAPI document that merging needs: fields by definition, definitions by `apiVersion/Kind`. */
export interface SchemaData {
  readonly definitions: Readonly<Record<string, Readonly<Record<string, SchemaField>>>>
  readonly kinds: Readonly<Record<string, string>>
}

/** What is known about a place in an object: the definition of a map, or how a list merges. */
export interface Schema {
  readonly definition?: string
  readonly items?: string
  /** The keys of a list that merges; empty when its members are scalars. Undefined: it is replaced. */
  readonly merge?: readonly string[]
}

/** Answers how lists merge, from the built-in document or from one that a kustomization names. */
export class Schemas {
  #data: SchemaData = mergeSchema
  #asked = false
  /** Whether a kustomization has chosen a document. */
  chosen = false

  /**
   * Takes a custom document. It stands alone when nothing was looked up before. Kustomize, however, keeps what it has
   * loaded: after a patch the built-in document stays below the custom one, and after a question about the scope of an
   * unknown kind it comes on top of it.
   */
  use(data: SchemaData, askedForUnknown: boolean): void {
    if (this.#asked) this.#data = join(mergeSchema, data)
    else this.#data = askedForUnknown ? join(data, mergeSchema) : data
    this.chosen = true
  }

  ofKind(apiVersion: string, kind: string): Schema | undefined {
    this.#asked = true
    const { kinds } = this.#data
    const key = `${apiVersion}/${kind}`
    const definition = Object.hasOwn(kinds, key) ? kinds[key] : undefined
    return definition === undefined ? undefined : { definition }
  }

  field(schema: Schema, name: string): Schema | undefined {
    const definition = schema.definition === undefined ? undefined : this.#definition(schema.definition)
    if (definition === undefined) return undefined
    const field = Object.hasOwn(definition, name) ? definition[name] : definition['*']
    return field === undefined ? undefined : schemaOf(field)
  }

  items(schema: Schema): Schema | undefined {
    return schema.items === undefined ? undefined : { definition: schema.items }
  }

  #definition(name: string): Readonly<Record<string, SchemaField>> | undefined {
    const { definitions } = this.#data
    return Object.hasOwn(definitions, name) ? definitions[name] : undefined
  }
}

function join(below: SchemaData, above: SchemaData): SchemaData {
  return {
    definitions: { ...below.definitions, ...above.definitions },
    kinds: { ...below.kinds, ...above.kinds },
  }
}

function schemaOf(field: SchemaField): Schema {
  return {
    ...(field.ref === undefined ? {} : { definition: field.ref }),
    ...(field.items === undefined ? {} : { items: field.items }),
    ...(field.merge === undefined ? {} : { merge: field.merge }),
  }
}
