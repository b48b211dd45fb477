import { createHash } from 'node:crypto'

/** Which hash names the objects of a repository. */
export interface ObjectFormat {
  readonly name: 'sha1' | 'sha256'
  /** Bytes of an object id. */
  readonly size: 20 | 32
}

export const sha1Format: ObjectFormat = { name: 'sha1', size: 20 }
export const sha256Format: ObjectFormat = { name: 'sha256', size: 32 }

/** The format whose ids have this many hexadecimal digits; undefined when there is none. */
export function formatOfId(id: string): ObjectFormat | undefined {
  return [sha1Format, sha256Format].find((format) => format.size * 2 === id.length)
}

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

/** The id that Git gives to an object: the hash of type, length and content. */
export function objectId(format: ObjectFormat, type: ObjectType, content: Uint8Array): string {
  return createHash(format.name).update(`${type} ${content.length}\0`).update(content).digest('hex')
}
