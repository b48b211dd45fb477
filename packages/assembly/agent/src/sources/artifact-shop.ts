import type { FileTree } from '@kedge/tree'

/** Where an artifact can be had, as a status names it. */
export interface ArtifactPlace {
  readonly path: string
  readonly url: string
  /** `sha256:<hex>` of the file. */
  readonly digest: string
  readonly size: number | undefined
}

export interface ArtifactInput {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly file: string
  readonly tree: FileTree
}

/** Keeps the newest trees of each source, and hands them out as archives to who asks over HTTP. */
export interface ArtifactShop {
  put(input: ArtifactInput): ArtifactPlace
  drop(kind: string, namespace: string, name: string): void
  /** The bytes of an archive by its path; undefined when it is not held. */
  archive(path: string): Uint8Array | undefined
}

/** Trees kept for each source: the present one, and the one that somebody may still be fetching. */
const keptPerSource = 2

export interface ArtifactShopOptions {
  /** `http://host:port`, without a slash at the end. */
  readonly address: () => string
  /** A byte-reproducible archive of a tree. */
  readonly pack: (tree: FileTree) => Uint8Array
  readonly sha256: (bytes: Uint8Array) => string
}

export function createArtifactShop(options: ArtifactShopOptions): ArtifactShop {
  const shelves = new Map<string, Map<string, FileTree>>()
  const places = new Map<string, ArtifactPlace>()
  return {
    put(input) {
      const shelf = `${input.kind}/${input.namespace}/${input.name}`
      const path = `${shelf}/${input.file}`
      const kept = shelves.get(shelf) ?? new Map<string, FileTree>()
      const bytes = options.pack(input.tree)
      const place = {
        path,
        url: `${options.address()}/${path}`,
        digest: `sha256:${options.sha256(bytes)}`,
        size: bytes.length,
      }
      kept.delete(path)
      kept.set(path, input.tree)
      places.set(path, place)
      for (const old of kept.keys()) {
        if (kept.size <= keptPerSource) break
        kept.delete(old)
        places.delete(old)
      }
      shelves.set(shelf, kept)
      return place
    },
    drop(kind, namespace, name) {
      const shelf = `${kind}/${namespace}/${name}`
      for (const path of shelves.get(shelf)?.keys() ?? []) places.delete(path)
      shelves.delete(shelf)
    },
    archive(path) {
      const tree = shelves.get(path.split('/').slice(0, 3).join('/'))?.get(path)
      return tree === undefined ? undefined : options.pack(tree)
    },
  }
}
