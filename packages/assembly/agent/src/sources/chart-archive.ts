import { gunzipSync, gzip } from 'node:zlib'
import { promisify } from 'node:util'

import { FailureError } from '@kedge/base'
import { chartError, loadChartArchive, loadChartTree, storeChart, type Chart, type ChartFile } from '@kedge/helm'
import type { FileTree } from '@kedge/tree'
import { printYaml } from '@kedge/yaml'

const block = 512

/** Unpacks gzip up to a limit, in the words of Helm's failures. */
export function gunzipChart(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw chartError(`decompressed chart is larger than the maximum size ${limit}`, error)
    throw chartError(code === 'Z_BUF_ERROR' ? 'unexpected EOF' : 'gzip: invalid header', error)
  }
}

/** A chart from an archive; its failures get a code of their own and opening words. Throws FailureError. */
export function openArchive(bytes: Uint8Array, failure: { readonly code: string; readonly opening: string }): Chart {
  return opened(failure, () => loadChartArchive(bytes, { gunzip: gunzipChart }))
}

/** A chart from a folder of a tree, in the same way. */
export function openFolder(
  { tree, folder }: { readonly tree: FileTree; readonly folder: string },
  failure: { readonly code: string; readonly opening: string },
): Chart {
  return opened(failure, () => loadChartTree(tree, folder, { gunzip: gunzipChart }))
}

function opened(failure: { readonly code: string; readonly opening: string }, open: () => Chart): Chart {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const message = `${failure.opening}${failure.opening === '' ? '' : ': '}${error.failure.message}`
    throw new FailureError({ ...error.failure, code: failure.code, message })
  }
}

/** A chart as a gzipped archive; the same chart gives the same bytes on every machine. */
export async function packChart(chart: Chart): Promise<Uint8Array> {
  const bytes = await promisify(gzip)(chartTar(chart, 0), { level: 6 })
  // The operating system is named in the tenth byte; 255 says unknown.
  bytes[9] = 255
  return bytes
}

/** A chart as a tar archive, files in the order in which helm packs them. */
export function chartTar(chart: Chart, mtimeSeconds: number): Uint8Array {
  const files = filesOf(chart, chart.metadata.name)
  const parts = files.flatMap(({ name, bytes }) => tarEntry(name, bytes, mtimeSeconds))
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}
function filesOf(chart: Chart, base: string): readonly ChartFile[] {
  const { metadata = {} } = storeChart(chart, () => '')
  const isV1 = chart.metadata.apiVersion === 'v1'
  const { dependencies, ...plain } = metadata
  const described = isV1 || dependencies === undefined ? plain : metadata
  const raw = (name: string): readonly ChartFile[] => chart.raw.filter((file) => file.name === name)
  const own = [
    { name: 'Chart.yaml', bytes: Buffer.from(printYaml(described)) },
    ...(isV1 ? [] : raw('Chart.lock')),
    ...raw('values.yaml'),
    ...raw('values.schema.json'),
    ...chart.templates,
    ...chart.files,
  ]
  return [
    ...own.map(({ name, bytes }) => ({ name: `${base}/${name}`, bytes })),
    ...chart.dependencies.flatMap((sub) => filesOf(sub, `${base}/charts/${sub.metadata.name}`)),
  ]
}

function tarEntry(name: string, bytes: Uint8Array, mtime: number): readonly Uint8Array[] {
  const isLong = Buffer.byteLength(name) > 100
  const long = isLong ? paxEntry(name, mtime) : []
  return [...long, header(name.slice(0, 100), { size: bytes.length, type: '0', mtime }), ...padded(bytes)]
}

/** A name too long for the header stands in an entry before it. */
function paxEntry(name: string, mtime: number): readonly Uint8Array[] {
  const text = ` path=${name}\n`
  const size = Buffer.byteLength(text)
  const digits = String(size + String(size).length).length
  const record = Buffer.from(`${size + digits}${text}`)
  return [header('PaxHeaders.0/path', { size: record.length, type: 'x', mtime }), ...padded(record)]
}

function padded(bytes: Uint8Array): readonly Uint8Array[] {
  return [bytes, Buffer.alloc((block - (bytes.length % block)) % block)]
}

function header(
  name: string,
  entry: { readonly size: number; readonly type: string; readonly mtime: number },
): Uint8Array {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  bytes.write(name, 0, 100, 'utf8')
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(entry.size, 124, 12)
  octal(entry.mtime, 136, 12)
  bytes.write(`        ${entry.type}`, 148, 'latin1')
  bytes.write('ustar\u000000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}
