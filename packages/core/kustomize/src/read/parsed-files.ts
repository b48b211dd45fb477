import type { LoadedFile } from '../load/loader.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { buildFailure } from '../build-failure.ts'
import { readObjects, type ReadObject } from './read-resources.ts'

/** Objects of files by the digest of their bytes, so that a file is parsed once for any number of builds. */
export class ParsedFiles {
  readonly #limit: number
  #bytes = 0
  readonly #entries = new Map<string, { readonly objects: readonly ReadObject[]; readonly size: number }>()

  /** Keeps files of up to `limit` bytes in sum; what was not used for longest goes first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  objectsOf(file: LoadedFile): readonly ReadObject[] {
    const { digest } = file
    if (digest === undefined) return parse(file)
    const known = this.#entries.get(digest)
    if (known !== undefined) {
      this.#entries.delete(digest)
      this.#entries.set(digest, known)
      return known.objects
    }
    const objects = parse(file)
    this.#add(digest, objects, file.bytes.length)
    return objects
  }

  #add(digest: string, objects: readonly ReadObject[], size: number): void {
    this.#entries.set(digest, { objects, size })
    this.#bytes += size
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#limit) return
      this.#entries.delete(oldest)
      this.#bytes -= entry.size
    }
  }
}

function parse(file: LoadedFile): readonly ReadObject[] {
  const text = decodeUtf8(file.bytes)
  if (text === undefined) {
    throw buildFailure('kustomize-resource', 'MalformedYAMLError: yaml: invalid leading UTF-8 octet', {
      origin: { file: file.name },
    })
  }
  return readObjects(text, file.name)
}
