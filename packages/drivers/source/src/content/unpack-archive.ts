import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { FailureError } from '@kedge/base'
import { type FileContent, type FileTree, type TarRules, tarEntries, treeFromFiles } from '@kedge/tree'
import { hostSha256 } from '../git/snapshot.ts'

/** Bytes and entries that an archive may unpack to. */
export interface UnpackLimits {
  readonly maxBytes?: number
  readonly maxEntries?: number
}

const defaultMaxBytes = 256 * 1024 * 1024
const defaultMaxEntries = 100_000
const maxName = 4096

const rules: TarRules = {
  checksums: 'checked',
  broken: (how) => invalid(how === 'header' ? 'a header of it is damaged' : 'it ends in the middle of a file'),
}

/**
 * The files of a gzipped tar archive; links and devices are left out. Throws a FailureError `ArchiveInvalid` on what is
 * no such archive, is larger than the limits, or has a name that leaves it.
 */
export async function unpackArchive(bytes: Uint8Array, limits: UnpackLimits = {}): Promise<FileTree> {
  const { maxBytes = defaultMaxBytes, maxEntries = defaultMaxEntries } = limits
  const tar = await inflate(bytes, maxBytes)
  const files = new Map<string, FileContent>()
  for (const { name, type, mode, bytes: content } of tarEntries(tar, rules)) {
    const kind = kindOf(type, name)
    const path = kind === undefined ? '' : safePath(name)
    if (path === '') continue
    if (kind === 'directory') files.set(path, files.get(path) ?? { directory: true })
    else files.set(path, { content, executable: (mode & 0o111) !== 0 })
    if (files.size > maxEntries) throw invalid(`it has more than ${maxEntries} entries`)
  }
  try {
    return treeFromFiles(files, { sha256: hostSha256 })
  } catch (error) {
    if (error instanceof FailureError) throw invalid(error.failure.message)
    throw error
  }
}

async function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw invalid(isLarge ? `it unpacks to more than ${maxBytes} bytes` : 'it is no gzipped archive')
  }
}

function kindOf(type: string, name: string): 'file' | 'directory' | undefined {
  if (type === '5') return 'directory'
  if (!['0', '\0', '7'].includes(type)) return undefined
  return name.endsWith('/') ? 'directory' : 'file'
}

/** The path below the root; empty for the root itself. */
function safePath(name: string): string {
  if (name.length > maxName) throw invalid(`it has a name of more than ${maxName} characters`)
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0'))
    throw invalid(`the name ${JSON.stringify(name.slice(0, 200))} leaves the archive`)
  return parts.join('/')
}

function invalid(why: string): FailureError {
  return new FailureError({ code: 'ArchiveInvalid', message: `the archive cannot be used: ${why}` })
}
