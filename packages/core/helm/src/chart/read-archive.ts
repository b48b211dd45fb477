import { tarEntries, type TarRules } from '@kedge/tree'
import { chartError } from './chart-error.ts'
import type { ChartFile } from './chart.ts'

/** Unpacks gzip; throws when the result would be longer than the limit. */
export type Gunzip = (bytes: Uint8Array, limit: number) => Uint8Array

/** Bytes that one file of a chart may have. */
export const maxFileSize: number = 5 * 1024 * 1024
/** Bytes that all files of an archive may have together, unpacked. */
export const maxChartSize: number = 100 * 1024 * 1024
const maxFiles = 100_000
const block = 512

const rules: TarRules = {
  checksums: 'ignored',
  broken: (how) => chartError(how === 'header' ? 'archive/tar: invalid tar header' : 'unexpected EOF'),
}

/** The files of a packed chart, named from below its one top folder. Throws FailureError on what Helm refuses. */
export function readChartArchive(bytes: Uint8Array, gunzip: Gunzip): readonly ChartFile[] {
  // A block for every header, beside the contents.
  const unpacked = gunzip(bytes, maxChartSize + 2 * block * maxFiles)
  const files: ChartFile[] = []
  let remaining = maxChartSize
  for (const { name: fullName, type, bytes: content } of tarEntries(unpacked, rules)) {
    if (type === '5' || fullName.endsWith('/')) continue
    const name = innerName(fullName)
    if (content.length > remaining)
      throw chartError(`decompressed chart is larger than the maximum size ${maxChartSize}`)
    if (content.length > maxFileSize)
      throw chartError(`decompressed chart file "${fullName}" is larger than the maximum file size ${maxFileSize}`)
    remaining -= content.length
    files.push({ name, bytes: content })
    if (files.length > maxFiles) throw chartError(`chart archive has more than ${maxFiles} files`)
  }
  if (files.length === 0) throw chartError('no files in chart archive')
  return files
}

/** The name below the archive's top folder. */
function innerName(full: string): string {
  const delimiter = full.includes('\\') ? '\\' : '/'
  const parts = full.split(delimiter)
  const inner = parts.slice(1).join('/')
  if (inner.startsWith('/')) throw chartError('chart illegally contains absolute paths')
  const name = cleanPath(inner)
  if (name === '.') throw chartError(`chart illegally contains content outside the base directory: "${full}"`)
  if (name.startsWith('..')) throw chartError('chart illegally references parent directory')
  if (/^[a-zA-Z]:\//.test(name)) throw chartError('chart contains illegally named files')
  if (parts[0] === 'Chart.yaml') throw chartError('chart yaml not in base directory')
  return name
}

function cleanPath(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop()
    else out.push(part)
  }
  return out.length === 0 ? '.' : out.join('/')
}
