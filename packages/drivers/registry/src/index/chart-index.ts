import { parseYaml } from '@kedge/yaml'
import { registryFailure } from '../http/registry-failure.ts'
import { chooseVersion, newestFirst } from '../version/choose-version.ts'
import { isChartName, readChartVersion, type ChartVersion } from './chart-version.ts'
import { IndexScanner, type EntrySpan, type ScannedIndex } from './index-scanner.ts'

/** The charts of a repository. Versions of a chart are parsed when they are asked for. */
export interface ChartIndex {
  readonly names: readonly string[]
  /** The versions of a chart, highest first; empty for an unknown one. Throws FailureError when they are malformed. */
  versions(name: string): readonly ChartVersion[]
  /** The version that a range means; undefined without a fitting one. */
  choose(name: string, range: string): ChartVersion | undefined
}

/** Bytes that an index may have. */
export const maxIndexSize: number = 128 * 1024 * 1024
/** Bytes that an index may have that is not laid out as Helm lays it out, and so is parsed as a whole. */
const maxWholeSize = 16 * 1024 * 1024
const maxCharts = 100_000
const maxVersions = 50_000
/** Parsed charts that are kept. */
const maxKept = 64

/** Reads an index.yaml or index.json as it arrives. Throws FailureError when it is malformed or too large. */
export async function readChartIndex(body: AsyncIterable<Uint8Array>, options: IndexOptions = {}): Promise<ChartIndex> {
  return (await readIndexBytes(body, options)).index
}

/** The same, with the bytes that were read, which the index holds anyway. */
export async function readIndexBytes(
  body: AsyncIterable<Uint8Array>,
  { limit = maxIndexSize, expected = 0 }: IndexOptions = {},
): Promise<{ readonly index: ChartIndex; readonly bytes: Uint8Array }> {
  const scanner = new IndexScanner(limit, expected)
  for await (const chunk of body) {
    if (!scanner.push(chunk)) throw registryFailure('TooLarge', `the index has more than ${limit} bytes`)
  }
  const scanned = scanner.finish()
  return { index: indexOf(scanned), bytes: scanned.bytes }
}

/** `limit` is the bytes that an index may have, `expected` those that it is said to have: room is made for them at once. */
export interface IndexOptions {
  readonly limit?: number
  readonly expected?: number
}

function indexOf(scanned: ScannedIndex): ChartIndex {
  if (scanned.bytes.length === 0) throw malformed('it is empty')
  if (scanned.spans === undefined) return wholeIndex(scanned.bytes)
  if (scanned.apiVersion === '') throw malformed('it has no apiVersion')
  const spans = spansByName(scanned.spans)
  return lazyIndex([...spans.keys()], (name) => {
    const span = spans.get(name)
    return span === undefined ? undefined : parseSpan(scanned.bytes, span)
  })
}

function spansByName(spans: readonly EntrySpan[]): ReadonlyMap<string, EntrySpan> {
  if (spans.length > maxCharts) throw malformed(`it has more than ${maxCharts} charts`)
  const byName = new Map<string, EntrySpan>()
  for (const span of spans) {
    if (byName.has(span.name)) throw malformed(`it has the chart ${span.name} twice`)
    byName.set(span.name, span)
  }
  return byName
}

function parseSpan(bytes: Uint8Array, { name, start, end }: EntrySpan): unknown {
  if (end - start > maxWholeSize) throw malformed(`the chart ${name} takes more than ${maxWholeSize} bytes`)
  const parsed = parseText(new TextDecoder().decode(bytes.subarray(start, end)))
  const keys = Object.keys(parsed)
  // A text that runs over the next chart's line would hide it.
  if (keys.length !== 1 || keys[0] !== name) throw malformed(`the chart ${name} runs into another`)
  return parsed[name]
}

function wholeIndex(bytes: Uint8Array): ChartIndex {
  if (bytes.length > maxWholeSize)
    throw malformed(`it is not laid out as helm repo index does, and has more than ${maxWholeSize} bytes`)
  const text = new TextDecoder().decode(bytes)
  const fields = parseJson(text) ?? parseText(text)
  if (typeof fields['apiVersion'] !== 'string' || fields['apiVersion'] === '') throw malformed('it has no apiVersion')
  const entries = fields['entries'] ?? {}
  if (!isMap(entries)) throw malformed('its entries are not a map')
  return lazyIndex(Object.keys(entries), (name) => (Object.hasOwn(entries, name) ? entries[name] : undefined))
}

/** JSON is YAML too, and read some times faster; undefined for what is no JSON map. */
function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isMap(value) ? value : undefined
  } catch {
    return undefined
  }
}

function parseText(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseYaml(text)
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it cannot be parsed', error)
  }
  if (!isMap(value)) throw malformed('it is not a map')
  return value
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lazyIndex(all: readonly string[], entryOf: (name: string) => unknown): ChartIndex {
  const names = all.filter(isChartName)
  const known = new Set(names)
  const kept = new Map<string, readonly ChartVersion[]>()
  const versions = (name: string): readonly ChartVersion[] => {
    const before = kept.get(name)
    if (before !== undefined) return before
    if (!known.has(name)) return []
    const read = newestFirst(readVersions(entryOf(name), name))
    kept.set(name, read)
    const [oldest] = kept.keys()
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
    return read
  }
  return { names, versions, choose: (name, range) => chooseVersion(versions(name), range) }
}

function readVersions(value: unknown, name: string): readonly ChartVersion[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw malformed(`the chart ${name} is not a list`)
  if (value.length > maxVersions) throw malformed(`the chart ${name} has more than ${maxVersions} versions`)
  return value.flatMap((one) => readChartVersion(one, name) ?? [])
}

function malformed(why: string, cause?: unknown): Error {
  return registryFailure('IndexMalformed', `the index cannot be used: ${why}`, cause === undefined ? {} : { cause })
}
