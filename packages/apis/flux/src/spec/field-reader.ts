import { fail, FailureError, ok, type Result } from '@kedge/base'
import { describeKey, keyOf, type KubeObject } from '@kedge/manifest'

/** Reads typed fields out of decoded JSON; what has the wrong type names its path. Throws FailureError. */
export class FieldReader {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path: string) {
    if (!isRecord(value)) throw wrongType(path, 'an object')
    this.#value = value
    this.#path = path
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  string(name: string): string | undefined {
    const value = this.#get(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrongType(this.#at(name), 'a string')
  }

  requiredString(name: string): string {
    const value = this.string(name)
    if (value === undefined || value === '') throw missing(this.#at(name))
    return value
  }

  boolean(name: string): boolean | undefined {
    const value = this.#get(name)
    if (value === undefined || typeof value === 'boolean') return value
    throw wrongType(this.#at(name), 'a boolean')
  }

  integer(name: string): number | undefined {
    const value = this.#get(name)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    if (typeof value === 'bigint') return Number(value)
    throw wrongType(this.#at(name), 'an integer')
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.string(name)
    if (value === undefined) return undefined
    const match = allowed.find((candidate) => candidate === value)
    if (match !== undefined) return match
    throw new FailureError({
      code: 'InvalidSpec',
      message: `${this.#at(name)}: unsupported value ${JSON.stringify(value)}`,
      fix: `use one of ${allowed.map((candidate) => JSON.stringify(candidate)).join(', ')}`,
    })
  }

  strings(name: string): readonly string[] {
    return this.#list(name).map((item, index) => {
      if (typeof item === 'string') return item
      throw wrongType(`${this.#at(name)}[${String(index)}]`, 'a string')
    })
  }

  stringMap(name: string): Readonly<Record<string, string>> {
    const value = this.#get(name)
    if (value === undefined) return {}
    if (!isRecord(value)) throw wrongType(this.#at(name), 'an object')
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== 'string') throw wrongType(`${this.#at(name)}.${key}`, 'a string')
    }
    return value as Readonly<Record<string, string>>
  }

  object<T>(name: string, read: (fields: FieldReader) => T): T | undefined {
    const value = this.#get(name)
    return value === undefined ? undefined : read(new FieldReader(value, this.#at(name)))
  }

  list<T>(name: string, read: (fields: FieldReader) => T): readonly T[] {
    return this.#list(name).map((item, index) => read(new FieldReader(item, `${this.#at(name)}[${String(index)}]`)))
  }

  /** Refuses the object for a rule that involves this reader's place. */
  refuse(message: string): never {
    throw new FailureError({ code: 'InvalidSpec', message: `${this.#path}: ${message}` })
  }

  #list(name: string): readonly unknown[] {
    const value = this.#get(name)
    if (value === undefined) return []
    if (Array.isArray(value)) return value as readonly unknown[]
    throw wrongType(this.#at(name), 'a list')
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? (this.#value[name] ?? undefined) : undefined
  }

  #at(name: string): string {
    return `${this.#path}.${name}`
  }
}

/** Reads the spec of an object; a failure names the object and the field. */
export function readSpec<T>(object: KubeObject, read: (fields: FieldReader) => T): Result<T> {
  try {
    return ok(read(new FieldReader(object['spec'] ?? {}, 'spec')))
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return fail({ ...error.failure, object: describeKey(keyOf(object)) })
  }
}

/** Whether a decoded JSON value is an object (and no list). */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrongType(path: string, wanted: string): FailureError {
  return new FailureError({ code: 'InvalidSpec', message: `${path} must be ${wanted}` })
}

function missing(path: string): FailureError {
  return new FailureError({ code: 'InvalidSpec', message: `${path} is required` })
}
