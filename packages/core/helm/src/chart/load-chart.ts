import type { FileTree } from '@kedge/tree'
import { readValues } from '../values/read-values.ts'
import { isValueMap, newValueMap, type ValueMap } from '../values/paths.ts'
import { chartError, messageOf } from './chart-error.ts'
import { fileText, type Chart, type ChartFile, type ChartMetadata } from './chart.ts'
import { decodeDocument, decodeText } from './decode.ts'
import { createIgnoreRules } from './ignore-rules.ts'
import { decodeMetadata, validateMetadata } from './metadata.ts'
import { maxChartSize, maxFileSize, readChartArchive, type Gunzip } from './read-archive.ts'

/** What loading needs of the world. */
export interface LoadOptions {
  readonly gunzip: Gunzip
  /** Whether a chart of an `apiVersion` that Helm does not know is refused, as all its commands but lint do. */
  readonly onlyKnown?: boolean
  /** Is told what Helm would log, `Warning: …`. */
  readonly warn?: (message: string) => void
  /** Is called with every path of a folder before it is looked at; what it throws ends the loading. */
  readonly visit?: (path: string) => void
}

/** How deep charts may lie in charts. */
const maxDepth = 32

/** A chart from a folder of a tree; .helmignore is obeyed. Throws FailureError in Helm's words. */
export function loadChartTree(tree: FileTree, folder: string, options: LoadOptions): Chart {
  const prefix = folder === '' || folder === '.' ? '' : `${folder}/`
  const ignoreFile = tree.file(`${prefix}.helmignore`)
  const ignores = createIgnoreRules(ignoreFile === undefined ? '' : new TextDecoder().decode(ignoreFile.bytes))
  const files: ChartFile[] = []
  const head = tree.file(`${prefix}Chart.yaml`)
  // It is read before .helmignore is, which may leave it out.
  if (options.onlyKnown === true && head !== undefined) refuseUnknown([{ name: 'Chart.yaml', bytes: head.bytes }])
  let remaining = maxChartSize
  const add = (path: string): void => {
    const { bytes } = tree.file(`${prefix}${path}`) ?? { bytes: new Uint8Array() }
    if (bytes.length > remaining)
      throw chartError(`error reading ${path}: chart exceeds maximum decompressed size of ${maxChartSize} bytes`)
    remaining -= bytes.length
    files.push(checkedFile(path, bytes))
  }
  const walk = (below: string): void => {
    for (const { name, kind } of tree.list(`${prefix}${below}`) ?? []) {
      const path = below === '' ? name : `${below}/${name}`
      options.visit?.(`${prefix}${path}`)
      if (ignores(path, kind === 'directory')) continue
      if (kind === 'directory') walk(path)
      else add(path)
    }
  }
  walk('')
  return loadChartFiles(files, options)
}

function checkedFile(name: string, bytes: Uint8Array): ChartFile {
  if (bytes.length > maxFileSize)
    throw chartError(
      `chart file "${name.slice(name.lastIndexOf('/') + 1)}" is larger than the maximum file size ${maxFileSize}`,
    )
  return { name, bytes: withoutMark(bytes) }
}

/** A chart from a gzipped tar. */
export function loadChartArchive(bytes: Uint8Array, options: LoadOptions): Chart {
  return loadArchive(bytes, options, 0)
}

function loadArchive(bytes: Uint8Array, options: LoadOptions, depth: number): Chart {
  const files = readChartArchive(bytes, options.gunzip)
  return loadFiles(
    files.map((file) => ({ ...file, bytes: withoutMark(file.bytes) })),
    options,
    depth,
  )
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** A chart from its files, in the order they were found. */
export function loadChartFiles(files: readonly ChartFile[], options: LoadOptions): Chart {
  return loadFiles(files, options, 0)
}

interface Parts {
  readonly templates: ChartFile[]
  readonly files: ChartFile[]
  readonly subcharts: Map<string, ChartFile[]>
  values: Readonly<ValueMap>
  schema: string | undefined
}

// oxlint-disable-next-line eslint/max-params -- the depth belongs to the recursion alone
function loadFiles(files: readonly ChartFile[], options: LoadOptions, depth: number): Chart {
  if (depth > maxDepth) throw chartError(`charts lie more than ${maxDepth} deep in one another`)
  if (depth === 0 && options.onlyKnown === true) refuseUnknown(files)
  const metadata = loadMetadata(files, options)
  const parts: Parts = { templates: [], files: [], subcharts: new Map(), values: newValueMap(), schema: undefined }
  for (const file of files) sortFile(file, metadata?.apiVersion === 'v1', parts)
  if (metadata === undefined) throw chartError('Chart.yaml file is missing')
  validateMetadata(metadata)
  const dependencies: Chart[] = []
  for (const [name, own] of [...parts.subcharts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (/^[_.]/.test(name)) continue
    dependencies.push(loadSubchart(name, own, { parent: metadata.name, options, depth: depth + 1 }))
  }
  const { templates, values, schema } = parts
  return { metadata, templates, files: parts.files, values, schema, dependencies, raw: files }
}

/** Helm asks for the form of a chart before it reads anything else of it. */
function refuseUnknown(files: readonly ChartFile[]): void {
  const file = files.find(({ name }) => name === 'Chart.yaml')
  if (file === undefined) return
  let form: string
  try {
    form = decodeText(decodeFile(file)['apiVersion'], 'chartBase.apiVersion')
  } catch {
    // What is wrong with it is told where it is read.
    return
  }
  if (!['', 'v1', 'v2', 'v3'].includes(form)) throw chartError('unsupported chart version')
}

function loadSubchart(
  name: string,
  files: readonly ChartFile[],
  from: { readonly parent: string; readonly options: LoadOptions; readonly depth: number },
): Chart {
  try {
    const [first] = files
    if (!name.endsWith('.tgz') || first === undefined) {
      const own = files.flatMap((file) => {
        const slash = file.name.indexOf('/')
        return slash < 0 ? [] : [{ ...file, name: file.name.slice(slash + 1) }]
      })
      return loadFiles(own, from.options, from.depth)
    }
    if (first.name !== name)
      throw chartError(`error unpacking subchart tar in ${from.parent}: expected ${name}, got ${first.name}`)
    return loadArchive(first.bytes, from.options, from.depth)
  } catch (error) {
    throw chartError(`error unpacking subchart ${name} in ${from.parent}: ${messageOf(error)}`, error)
  }
}

/** Chart.yaml, with requirements.yaml over it; undefined without both. */
function loadMetadata(files: readonly ChartFile[], options: LoadOptions): ChartMetadata | undefined {
  const raw = newValueMap()
  const chartFile = files.find(({ name }) => name === 'Chart.yaml')
  if (chartFile !== undefined) {
    Object.assign(raw, decodeFile(chartFile))
    if ((raw['apiVersion'] ?? '') === '') raw['apiVersion'] = 'v1'
  }
  const requirements = files.find(({ name }) => name === 'requirements.yaml')
  if (requirements !== undefined) {
    if (raw['apiVersion'] !== 'v1')
      options.warn?.(
        'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
      )
    Object.assign(raw, decodeFile(requirements))
  }
  if (chartFile === undefined && requirements === undefined) return undefined
  try {
    return decodeMetadata(raw)
  } catch (error) {
    const message = messageOf(error)
    throw message.startsWith('validation:') ? error : chartError(`cannot load Chart.yaml: ${message}`, error)
  }
}

function decodeFile(file: ChartFile): ValueMap {
  try {
    return decodeDocument(fileText(file), 'v2.Metadata') ?? newValueMap()
  } catch (error) {
    throw chartError(`cannot load ${file.name}: ${messageOf(error)}`, error)
  }
}

function sortFile(file: ChartFile, isV1: boolean, parts: Parts): void {
  switch (file.name) {
    case 'Chart.yaml':
      return
    case 'Chart.lock':
      checkLock(file)
      return
    case 'values.yaml':
      parts.values = loadDefaults(file)
      return
    case 'values.schema.json':
      parts.schema = fileText(file)
      return
    case 'requirements.yaml':
    case 'requirements.lock':
      if (file.name === 'requirements.lock') checkLock(file)
      if (isV1) parts.files.push(file)
      return
    default:
      sortOther(file, parts)
  }
}

function sortOther(file: ChartFile, parts: Parts): void {
  if (file.name.startsWith('templates/')) parts.templates.push(file)
  else if (!file.name.startsWith('charts/') || file.name.endsWith('.prov')) parts.files.push(file)
  else {
    const name = file.name.slice('charts/'.length)
    const subchart = name.split('/')[0] ?? ''
    const own = parts.subcharts.get(subchart) ?? []
    own.push({ ...file, name })
    parts.subcharts.set(subchart, own)
  }
}

function checkLock(file: ChartFile): void {
  try {
    decodeDocument(fileText(file), 'v2.Lock')
  } catch (error) {
    throw chartError(`cannot load ${file.name}: ${messageOf(error)}`, error)
  }
}

function loadDefaults(file: ChartFile): Readonly<ValueMap> {
  try {
    const values = readValues(fileText(file))
    return isValueMap(values) ? values : newValueMap()
  } catch (error) {
    throw chartError(`cannot load values.yaml: ${messageOf(error)}`, error)
  }
}
