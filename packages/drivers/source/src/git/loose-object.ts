import { constants, inflateSync } from 'node:zlib'
import { objectInvalid } from './git-failure.ts'
import type { ObjectType } from './object-format.ts'

/** The head of a loose object: `type size NUL`, deflated together with the content. `prefix` is its length. */
export interface LooseHead {
  readonly type: ObjectType
  readonly size: number
  readonly prefix: number
}

/** Reads the head by inflating no more than it can be long. */
export function readLooseHead(deflated: Uint8Array, id: string): LooseHead {
  const damaged = () => objectInvalid(`object ${id} is damaged on disk`)
  let head: Buffer
  try {
    // A head is at most 32 bytes; inflating the first 256 bytes of input covers it and bounds the output.
    head = inflateSync(deflated.subarray(0, 256), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    throw damaged()
  }
  const nul = head.indexOf(0)
  const [, type, size] = /^(commit|tree|blob|tag) (0|[1-9]\d{0,15})$/.exec(head.toString('latin1', 0, nul)) ?? []
  if (nul < 0 || !isObjectType(type)) throw damaged()
  return { type, size: Number(size), prefix: nul + 1 }
}

function isObjectType(text: string | undefined): text is ObjectType {
  return text === 'commit' || text === 'tree' || text === 'blob' || text === 'tag'
}
