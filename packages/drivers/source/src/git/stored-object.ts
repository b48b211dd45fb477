import { inflateSync } from 'node:zlib'
import { applyDelta } from './delta.ts'
import { packInvalid } from './git-failure.ts'
import type { ObjectType } from './object-format.ts'

/** A verified Git object, kept as it came (deflated, or as a delta on another) and inflated when read. */
export interface StoredObject {
  readonly id: string
  readonly type: ObjectType
  /** Bytes of the content. */
  readonly size: number
  /** Bytes that keeping it costs, its base not counted. */
  readonly storedBytes: number
  /** The content; the same bytes each time while somebody holds them. */
  content(): Uint8Array
}

/** How an object's content is kept. A loose object's deflated bytes begin with `prefix` bytes of header. */
type StoredForm =
  | { readonly kind: 'whole'; readonly content: Uint8Array }
  | { readonly kind: 'deflated'; readonly deflated: Uint8Array; readonly prefix: number }
  | { readonly kind: 'delta'; readonly deflated: Uint8Array; readonly deltaSize: number; readonly base: StoredObject }

/** A stored object of known id; whoever calls this has verified the id against the content. */
export function storeObject(id: string, type: ObjectType, kept: KeptContent): StoredObject {
  return new Stored(id, type, kept)
}

/** How much content there is and how it is kept; `content` when it happens to be inflated already. */
export interface KeptContent {
  readonly size: number
  readonly form: StoredForm
  readonly content?: Uint8Array
}

const recordBytes = 200

class Stored implements StoredObject {
  readonly id: string
  readonly type: ObjectType
  readonly size: number
  readonly storedBytes: number
  readonly form: StoredForm
  #content: WeakRef<Uint8Array> | undefined

  constructor(id: string, type: ObjectType, kept: KeptContent) {
    this.id = id
    this.type = type
    this.size = kept.size
    this.form = kept.form
    this.#content = kept.content === undefined ? undefined : new WeakRef(kept.content)
    this.storedBytes = recordBytes + (kept.form.kind === 'whole' ? kept.form.content.length : kept.form.deflated.length)
  }

  content(): Uint8Array {
    return this.held() ?? this.remember(resolveContent(this))
  }

  remember(content: Uint8Array): Uint8Array {
    this.#content = new WeakRef(content)
    return content
  }

  held(): Uint8Array | undefined {
    return this.form.kind === 'whole' ? this.form.content : this.#content?.deref()
  }

  inflateWhole(): Uint8Array {
    if (this.form.kind !== 'deflated') throw packInvalid('a delta has no base')
    const { deflated, prefix } = this.form
    return inflateExactly(deflated, prefix + this.size).bytes.subarray(prefix)
  }

  applyTo(base: Uint8Array): Uint8Array {
    if (this.form.kind !== 'delta') throw packInvalid('a whole object was taken for a delta')
    return applyDelta(base, inflateExactly(this.form.deflated, this.form.deltaSize).bytes)
  }
}

/** Applies an object's deltas to what they stand on. Chains are walked, not recursed: one may be 4095 deltas long. */
function resolveContent(object: Stored): Uint8Array {
  const chain: Stored[] = []
  let bottom = object
  while (bottom.form.kind === 'delta' && bottom.held() === undefined) {
    chain.push(bottom)
    if (!(bottom.form.base instanceof Stored)) throw packInvalid('a delta has a foreign base')
    bottom = bottom.form.base
  }
  const start = bottom.held() ?? bottom.inflateWhole()
  return chain.reduceRight((content, link) => link.applyTo(content), start)
}

/** Inflates a zlib stream of exactly `size` bytes at the head of the input; `read` is how much of the input it took. */
export function inflateExactly(input: Uint8Array, size: number): { bytes: Uint8Array; read: number } {
  const limit = Math.max(size, 1)
  let inflated: { buffer: Uint8Array; read: number }
  try {
    inflated = inflateInfo(input, limit)
  } catch (error) {
    throw packInvalid(describeZlib(error))
  }
  if (inflated.buffer.length !== size) throw packInvalid('an object is shorter than it states')
  return { bytes: inflated.buffer, read: inflated.read }
}

function inflateInfo(input: Uint8Array, limit: number): { buffer: Uint8Array; read: number } {
  const chunkSize = Math.min(Math.max(limit, 64), 1024 * 1024)
  // With `info` Node answers with the engine too, which the type declarations do not say.
  const answer = inflateSync(input, { info: true, maxOutputLength: limit, chunkSize }) as unknown as {
    buffer: Uint8Array
    engine: { bytesWritten: number }
  }
  // Node inflates into slabs that many buffers share; what is kept must not keep them.
  return { buffer: new Uint8Array(answer.buffer), read: answer.engine.bytesWritten }
}

function describeZlib(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_BUFFER_TOO_LARGE') return 'an object is longer than it states'
  if (code === 'Z_BUF_ERROR') return 'it ends inside an object'
  return 'an object cannot be inflated'
}
