import { chartError, messageOf } from '../chart/chart-error.ts'
import { isValueMap } from '../values/paths.ts'
import { joinAddress, withoutFragment } from './schema-address.ts'
import { parseSchema } from './parse-schema.ts'
import { metaschemaOf } from './metaschemas.ts'
import { draftOf, openSchema, type SchemaDocument } from './schema-document.ts'

/** A schema document that was fetched, or why it could not be. */
export type FetchedSchema =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly problem: string }

/** Gives the schema document at an address, `https://…` without a fragment; undefined when it was not fetched. */
export type SchemaSource = (address: string) => FetchedSchema | undefined

/** A schema in its document. */
export interface FoundSchema {
  readonly schema: unknown
  readonly document: SchemaDocument
}

/** Documents that one schema may lead to. */
const maxDocuments = 64

/** Keywords whose values are no schemas, and those whose schemas count only where something refers to them. */
const notSchemas = new Set(['default', 'const', 'enum', 'examples', 'definitions', '$defs'])
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/** A schema's document with all others that it leads to. */
export class SchemaLibrary {
  readonly root: SchemaDocument
  readonly #source: SchemaSource
  readonly #documents = new Map<string, SchemaDocument | undefined>()
  #problem: string | undefined

  readonly #complain: (document: SchemaDocument) => string | undefined

  private constructor(
    root: SchemaDocument,
    from: { readonly source: SchemaSource; readonly complain: (document: SchemaDocument) => string | undefined },
  ) {
    this.root = root
    this.#source = from.source
    this.#complain = from.complain
  }

  /**
   * Follows every reference. `complain` says what is wrong with a document as a schema. Throws FailureError, in the words
   * of Helm's validator, on a document that is no schema and on a reference that leads nowhere.
   */
  static open(
    root: SchemaDocument,
    from: { readonly source: SchemaSource; readonly complain: (document: SchemaDocument) => string | undefined },
  ): SchemaLibrary {
    const library = new SchemaLibrary(root, from)
    library.#checked(root)
    if (library.#problem === undefined) library.#followAll()
    if (library.#problem !== undefined) throw chartError(library.#problem)
    return library
  }

  /** Whether it is all in one document, so that no source has a say in it. */
  get isOne(): boolean {
    return this.#documents.size === 0
  }

  /** The schema that a reference in a document leads to; undefined when it leads nowhere. */
  find(reference: string, from: SchemaDocument): FoundSchema | undefined {
    const address = joinAddress(from.address, reference)
    const own = from.holds(reference) ? reference : from.holds(address) ? address : undefined
    if (own !== undefined) return foundIn(from, own)
    const document = this.#documentAt(withoutFragment(address))
    return document === undefined ? undefined : foundIn(document, address)
  }

  #documentAt(address: string): SchemaDocument | undefined {
    if (this.root.holds(address)) return this.root
    if (this.#documents.has(address)) return this.#documents.get(address)
    if (this.#documents.size >= maxDocuments)
      throw chartError(`the schema leads to more than ${maxDocuments} documents`)
    const document = this.#load(address)
    this.#documents.set(address, document)
    return document
  }

  #load(address: string): SchemaDocument | undefined {
    const draft = draftOf(address)
    if (draft !== undefined) return openSchema(metaschemaOf(draft), address)
    // Helm lets anything fit what it cannot resolve of urn.
    if (address.startsWith('urn:')) return openSchema(true, address)
    const fetched = /^https?:/.test(address) ? this.#source(address) : cannotLoad(address)
    const failing = (why: string): undefined => this.#fail(`failing loading ${JSON.stringify(address)}: ${why}`)
    if (fetched === undefined) return failing('schemas of other places are not fetched')
    if (fetched.kind === 'failed') return failing(fetched.problem)
    try {
      return this.#checked(openSchema(parseSchema(fetched.text), address))
    } catch (error) {
      return failing(messageOf(error))
    }
  }

  /** A document, after its draft and its own schema were looked at. */
  #checked(document: SchemaDocument): SchemaDocument {
    const { unknownDraft } = document
    if (unknownDraft !== undefined) this.#documentAt(unknownDraft)
    else if (this.#problem === undefined) this.#problem = this.#complain(document)
    return document
  }

  /** The first problem is told; the others are looked for so that one look names all documents that are needed. */
  #fail(problem: string): undefined {
    this.#problem ??= problem
  }

  #followAll(): void {
    const seen = new Set<unknown>()
    const queue: FoundSchema[] = [{ schema: this.root.root, document: this.root }]
    // The queue grows while it is walked.
    for (const { schema, document } of queue) {
      if (typeof schema !== 'object' || schema === null || seen.has(schema)) continue
      seen.add(schema)
      for (const below of partsOf(schema)) {
        const found = typeof below === 'string' ? this.#follow(below, document) : { schema: below, document }
        if (found !== undefined) queue.push(found)
      }
    }
  }

  #follow(reference: string, document: SchemaDocument): FoundSchema | undefined {
    return this.find(reference, document) ?? this.#fail(lostReference(reference, document))
  }
}

/** The schemas below a schema, and, as texts, what it refers to. */
function partsOf(schema: object): readonly unknown[] {
  if (Array.isArray(schema)) return schema.filter((one) => typeof one === 'object')
  return Object.entries(schema).flatMap(([key, value]): readonly unknown[] => {
    if (key === '$ref' || key === '$dynamicRef') return typeof value === 'string' ? [value] : []
    if (typeof value !== 'object' || notSchemas.has(key)) return []
    return maps.has(key) && isValueMap(value) ? Object.values(value).filter((one) => typeof one === 'object') : [value]
  })
}

function foundIn(document: SchemaDocument, reference: string): FoundSchema | undefined {
  const schema = document.resolve(reference)
  return schema === undefined ? undefined : { schema, document }
}

function cannotLoad(address: string): FetchedSchema {
  const [scheme = ''] = address.split(':', 1)
  const file = address.replace(/^file:\/\//, '')
  const problem =
    scheme === 'file'
      ? `open ${file}: no such file or directory`
      : `no URLLoader registered for ${JSON.stringify(address)}`
  return { kind: 'failed', problem }
}

function lostReference(reference: string, document: SchemaDocument): string {
  const address = joinAddress(document.address, reference)
  const fragment = address.slice(withoutFragment(address).length + 1)
  return fragment === '' || fragment.startsWith('/')
    ? `json-pointer in ${JSON.stringify(address)} not found`
    : `anchor in ${JSON.stringify(address)} not found in schema ${JSON.stringify(withoutFragment(address))}`
}
