import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { chartError, loadChartArchive, loadChartTree, type Chart, type LoadOptions } from '@kedge/helm'
import { DiskTree } from '../disk-tree.ts'
import type { Tell } from './helm-io.ts'

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
export function loadNamedChart(name: string, cwd: string, tell: Tell): Chart {
  return load(name, cwd, { gunzip, warn: tell, tell, onlyKnown: true })
}

/** As loadNamedChart, for lint, which complains of the chart's form itself. */
export function loadLintedChart(name: string, cwd: string, tell: Tell): Chart {
  return load(name, cwd, { gunzip, warn: tell, tell })
}

function load(name: string, cwd: string, { tell, ...options }: LoadOptions & { readonly tell: Tell }): Chart {
  const at = path.resolve(cwd, name)
  const stats = statSync(at, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) {
    const tree = new DiskTree(at, 'listed')
    const visit = (below: string): void => (tree.isLink(below) ? tellOfLink(path.join(at, below), tell) : undefined)
    return loadChartTree(tree, '', { ...options, visit })
  }
  if (stats?.isFile() === true) return loadChartArchive(readArchive(name, at), options)
  if (path.isAbsolute(name) || name.startsWith('.')) throw chartError(`path "${name}" not found`)
  throw chartError(`stat ${name}: no such file or directory`)
}

/** Links are followed, and said to be, for they may lead out of the chart. Throws FailureError when one leads nowhere. */
function tellOfLink(at: string, tell: Tell): void {
  let resolved: string
  try {
    resolved = realpathSync(at)
  } catch (error) {
    const isLoop = (error as NodeJS.ErrnoException).code === 'ELOOP'
    const why = isLoop ? 'EvalSymlinks: too many links' : `lstat ${firstMissing(at)}: no such file or directory`
    throw chartError(`error evaluating symlink ${at}: ${why}`, error)
  }
  tell('found symbolic link in path. Contents of linked file included and used', { path: at, resolved })
}

/** Where following a path ends for want of a file. */
function firstMissing(at: string): string {
  let reached = path.parse(at).root
  const parts = at.split(path.sep).filter((part) => part !== '')
  for (const [index, part] of parts.entries()) {
    reached = path.join(reached, part)
    const stats = lstatSync(reached, { throwIfNoEntry: false })
    if (stats === undefined) return reached
    if (stats.isSymbolicLink() && !existsSync(reached))
      return firstMissing(path.resolve(path.dirname(reached), readlinkSync(reached), ...parts.slice(index + 1)))
  }
  return reached
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
