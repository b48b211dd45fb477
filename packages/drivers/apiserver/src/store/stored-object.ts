import type { Draft } from '../contracts.ts'

/**
 * One state of one object: deeply frozen, its JSON bytes made once and kept. The revision is the one that
 * `metadata.resourceVersion` tells.
 */
export class StoredObject {
  readonly key: string
  readonly revision: number
  readonly object: Readonly<Draft>
  #bytes: Buffer | undefined
  #views: Map<string, StoredObject> | undefined
  #lines: Map<string, Buffer> | undefined

  constructor(key: string, revision: number, object: Readonly<Draft>) {
    this.key = key
    this.revision = revision
    this.object = object
  }

  /** The object as JSON, `kind` and `apiVersion` first when they were first in the object. */
  bytes(): Buffer {
    this.#bytes ??= Buffer.from(JSON.stringify(this.object))
    return this.#bytes
  }

  /** The event line of a watch: made once, whoever watches. */
  line(type: string): Buffer {
    const known = this.#lines?.get(type)
    if (known !== undefined) return known
    const line = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), this.bytes(), lineEnd])
    this.#lines ??= new Map()
    this.#lines.set(type, line)
    return line
  }

  /** The same state in another form, such as another version, made once. */
  view(name: string, make: (object: Readonly<Draft>) => Draft): StoredObject {
    const known = this.#views?.get(name)
    if (known !== undefined) return known
    const view = new StoredObject(this.key, this.revision, freezeDeep(make(this.object)))
    this.#views ??= new Map()
    this.#views.set(name, view)
    return view
  }
}

const lineEnd = Buffer.from('}\n')

/** Freezes a JSON value and everything in it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) freezeDeep(part)
  return value
}

/** The key of an object inside its resource: `namespace/name`, or `name` alone when cluster-scoped. */
export function storageKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
