import type { GeneratorArgs } from '../model/kustomization.ts'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { Loader } from '../load/loader.ts'

/** A key with its bytes, as a generator reads them. */
export interface Pair {
  readonly key: string
  readonly value: Uint8Array
}

/** The longest line of an env file that Go's scanner takes; it stops there without a word. */
const MAX_ENV_LINE = 65_536

/** Reads the pairs of a generator: env files, literals, files, in this order. A key must not come twice. */
export function readPairs(args: GeneratorArgs, loader: Loader): readonly Pair[] {
  const pairs = [
    ...(args.envs ?? []).flatMap((path) => readEnvFile(path, loader)),
    ...(args.literals ?? []).map(parseLiteral),
    ...(args.files ?? []).map((source) => readFile(source, loader)),
  ]
  const keys = new Set<string>()
  for (const { key } of pairs) {
    if (keys.has(key)) {
      throw buildFailure('kustomize-invalid', `configmap ${args.name ?? ''} illegally repeats the key \`${key}\``)
    }
    keys.add(key)
  }
  return pairs
}

const encoder = new TextEncoder()

function parseLiteral(source: string): Pair {
  const at = source.indexOf('=')
  if (at <= 0) throw buildFailure('kustomize-invalid', `invalid literal source ${source}, expected key=value`)
  return { key: source.slice(0, at), value: encoder.encode(removeQuotes(source.slice(at + 1))) }
}

/** One pair of equal quotes around a literal goes. */
function removeQuotes(text: string): string {
  const first = text[0]
  if (text.length < 2 || first !== text.at(-1) || (first !== '"' && first !== "'")) return text
  return text.slice(1, -1)
}

function readFile(source: string, loader: Loader): Pair {
  const { key, path } = parseFileSource(source)
  try {
    return { key, value: loader.load(path).bytes }
  } catch (error) {
    throw wrapFailure(error, `loading KV pairs: file sources: [${source}]`)
  }
}

function parseFileSource(source: string): { key: string; path: string } {
  const parts = source.split('=')
  const [key = '', path = ''] = parts
  if (parts.length === 1) return { key: source.slice(source.lastIndexOf('/') + 1), path: source }
  if (parts.length > 2) {
    throw buildFailure('kustomize-invalid', `source "${source}" key name or file path contains '='`)
  }
  if (key === '') {
    throw buildFailure('kustomize-invalid', `missing key name for file path "${path}" in source "${source}"`)
  }
  if (path === '') {
    throw buildFailure('kustomize-invalid', `missing file path for key name "${key}" in source "${source}"`)
  }
  return { key, path }
}

function readEnvFile(path: string, loader: Loader): readonly Pair[] {
  const { bytes, name } = loader.load(path)
  const text = decodeUtf8(bytes)
  if (text === undefined) {
    throw buildFailure('kustomize-invalid', 'env source file has invalid utf8 bytes', { origin: { file: name } })
  }
  const pairs: Pair[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.length >= MAX_ENV_LINE) break
    const pair = parseEnvLine(index === 0 ? raw.replace(/^\uFEFF/, '') : raw)
    if (pair !== undefined) pairs.push(pair)
  }
  return pairs
}

function parseEnvLine(raw: string): Pair | undefined {
  const line = raw
    .replace(/\r$/, '')
    .replace(/^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/, '')
  if (line === '' || line.startsWith('#')) return undefined
  const at = line.indexOf('=')
  const key = at < 0 ? line : line.slice(0, at)
  if (key === '') return undefined
  return { key, value: encoder.encode(at < 0 ? '' : line.slice(at + 1)) }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes, undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}
