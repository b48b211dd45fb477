import { mapNode, plainScalar, stringScalar, type MapNode, type YamlNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { Loader } from '../load/loader.ts'
import type { GeneratorArgs, GeneratorOptions } from '../model/kustomization.ts'
import { NO_TRAIL, Resource, type Behavior } from '../model/resource.ts'
import type { Scopes } from '../model/scopes.ts'
import { compareText, sortedKeys } from '../nodes/node-access.ts'
import { decodeUtf8, readPairs, type Pair } from './pairs.ts'

export interface GeneratorContext {
  readonly loader: Loader
  readonly scopes: Scopes
}

/** Makes the ConfigMap of a generator. */
export function generateConfigMap(args: GeneratorArgs, context: GeneratorContext): Resource {
  const text: Entry[] = []
  const binary: Entry[] = []
  for (const { key, value } of sortedPairs(args, context.loader)) {
    const decoded = decodeUtf8(value)
    if (decoded === undefined) binary.push([key, dataScalar(encodeBase64(value))])
    else text.push([key, dataScalar(decoded)])
  }
  const fields: Entry[] = [...head('ConfigMap', args)]
  if (text.length > 0) fields.push(['data', map(text)])
  if (binary.length > 0) fields.push(['binaryData', map(binary)])
  return finish(fields, args, context)
}

/** Makes the Secret of a generator. */
export function generateSecret(args: GeneratorArgs, context: GeneratorContext): Resource {
  const type = args.type === undefined || args.type === '' ? 'Opaque' : args.type
  const data = sortedPairs(args, context.loader).map(({ key, value }): Entry => [key, dataScalar(encodeBase64(value))])
  return finish([...head('Secret', args), ['type', stringScalar(type)], ['data', map(data)]], args, context)
}

type Entry = readonly [string, YamlNode]

function map(entries: readonly Entry[]): MapNode {
  return mapNode(entries.map(([key, value]) => ({ key: plainScalar(key), value })))
}

function sortedPairs(args: GeneratorArgs, loader: Loader): readonly Pair[] {
  return readPairs(args, loader).toSorted((a, b) => compareText(a.key, b.key))
}

function dataScalar(text: string): YamlNode {
  return text.includes('\n') ? { ...stringScalar(text), style: 'literal' } : stringScalar(text)
}

function head(kind: string, args: GeneratorArgs): readonly Entry[] {
  const { name = '', namespace = '', options } = args
  if (name === '') throw buildFailure('kustomize-invalid', 'a configmap must have a name')
  const metadata: Entry[] = [['name', stringScalar(name)]]
  if (namespace !== '') metadata.push(['namespace', stringScalar(namespace)])
  for (const field of ['labels', 'annotations'] as const) {
    const values = options?.[field] ?? {}
    const entries = sortedKeys(values).map((key): Entry => [key, stringScalar(values[key] ?? '')])
    if (entries.length > 0) metadata.push([field, map(entries)])
  }
  return [
    ['apiVersion', stringScalar('v1')],
    ['kind', stringScalar(kind)],
    ['metadata', map(metadata)],
  ]
}

function finish(fields: readonly Entry[], args: GeneratorArgs, context: GeneratorContext): Resource {
  const { options } = args
  const all = options?.immutable === true ? [...fields, ['immutable', plainScalar('true', '!!bool')] as Entry] : fields
  return new Resource(map(all), {
    scopes: context.scopes,
    trail: { ...NO_TRAIL, needsHash: options?.disableNameSuffixHash !== true, behavior: behaviorOf(args.behavior) },
  })
}

function behaviorOf(text: string | undefined): Behavior {
  return text === 'create' || text === 'replace' || text === 'merge' ? text : 'unspecified'
}

/** Options of one generator over those of the whole file. */
export function mergeGeneratorOptions(
  local: GeneratorOptions | undefined,
  global: GeneratorOptions | undefined,
): GeneratorOptions | undefined {
  if (global === undefined) return local
  const labels = { ...global.labels, ...local?.labels }
  const annotations = { ...global.annotations, ...local?.annotations }
  return {
    labels,
    annotations,
    disableNameSuffixHash: local?.disableNameSuffixHash === true || global.disableNameSuffixHash === true,
    immutable: local?.immutable === true || global.immutable === true,
  }
}

const LINE = 70

/** Base64 in lines of 70 characters, each with its line feed, as soon as it fills one line. */
export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 32_766) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 32_766))))
  }
  const text = parts.join('')
  if (text.length < LINE) return text
  let lines = ''
  for (let at = 0; at < text.length; at += LINE) lines += `${text.slice(at, at + LINE)}\n`
  return lines
}
