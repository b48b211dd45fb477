/** The bytes of a file and what names them. `digest` is `sha256:<hex>` of the bytes. */
export interface Blob {
  readonly bytes: Uint8Array
  readonly digest: string
  readonly executable: boolean
}

/** One name inside a directory. A link is reported as what it leads to; a dangling or escaping one is absent. */
export interface TreeEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
}

/**
 * An immutable tree of files in memory: the only thing that renderers read. Paths are relative to the root, use `/`,
 * and are cleaned of `.` and `..` before they are looked up; a path that leaves the root finds nothing.
 */
export interface FileTree {
  /** Content digest of the whole tree, `sha256:<hex>`: equal digests mean equal trees. */
  readonly digest: string
  /** What a path names, following links inside the tree; undefined when nothing is there. */
  kindOf(path: string): 'file' | 'directory' | undefined
  /** The file at a path, following links inside the tree; undefined when there is none. */
  file(path: string): Blob | undefined
  /** The entries of a directory in byte order of their names; undefined when it is not a directory. */
  list(path: string): readonly TreeEntry[] | undefined
}
