import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { chartError, loadChartArchive, loadChartTree, type Chart, type LoadOptions } from '@kedge/helm'
import { DiskTree } from '../disk-tree.ts'

/** Unpacks gzip up to a limit. */
export function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw chartError(`decompressed chart is larger than the maximum size ${limit}`, error)
    throw chartError(code === 'Z_BUF_ERROR' ? 'unexpected EOF' : 'gzip: invalid header', error)
  }
}

/** The chart that a command line names: a folder or an archive. */
export function loadNamedChart(name: string, cwd: string, warn: (message: string) => void): Chart {
  const at = path.resolve(cwd, name)
  const stats = statSync(at, { throwIfNoEntry: false })
  const options: LoadOptions = { gunzip, warn }
  if (stats?.isDirectory() === true) return loadChartTree(new DiskTree(at), '', options)
  if (stats?.isFile() === true) return loadChartArchive(readArchive(name, at), options)
  if (path.isAbsolute(name) || name.startsWith('.')) throw chartError(`path "${name}" not found`)
  throw chartError(`stat ${name}: no such file or directory`)
}

function readArchive(name: string, at: string): Uint8Array {
  const bytes = readFileSync(at)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08) return bytes
  if (/\.ya?ml$/.test(name)) throw chartError(`file '${name}' seems to be a YAML file, but expected a gzipped archive`)
  throw chartError(`file '${name}' does not appear to be a gzipped archive; got '${contentType(bytes)}'`)
}

/** What Go's content sniffing calls bytes that are no archive, as far as it matters here. */
function contentType(bytes: Uint8Array): string {
  // A shorter file leaves zeros in what is looked at.
  const isBinary =
    bytes.length < 512 ||
    bytes
      .subarray(0, 512)
      .some((byte) => byte <= 8 || byte === 11 || (byte >= 14 && byte <= 26) || (byte >= 28 && byte <= 31))
  return isBinary ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}
