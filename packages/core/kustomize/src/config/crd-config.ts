import { buildFailure, wrapFailure } from '../build-failure.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import { looseValue } from '../read/loose-value.ts'
import type { Loader } from '../load/loader.ts'
import { mergeConfigs, emptyConfig, type FieldSpec, type TransformerConfig } from './transformer-config.ts'

type Fields = Readonly<Record<string, unknown>>

/** Field specs that the files of `crds` declare by extensions of their OpenAPI definitions. */
export function readCrds(paths: readonly string[], loader: Loader): TransformerConfig {
  let result = emptyConfig
  for (const path of paths) {
    const { bytes, name } = loader.load(path)
    try {
      result = mergeConfigs(result, configOf(definitionsIn(looseValue(decodeUtf8(bytes) ?? '', name))))
    } catch (error) {
      throw wrapFailure(error, `unable to parse open API definition from '${path}'`, { file: name })
    }
  }
  return result
}

/** Each entry is the definition of a type, and so a map. */
function definitionsIn(value: unknown): Fields {
  for (const source of [value, ...Object.values(recordOf(value))]) {
    if (source === undefined || source === null || (typeof source === 'object' && !Array.isArray(source))) continue
    const kind = Array.isArray(source) ? 'array' : typeof source
    throw buildFailure('kustomize-invalid', `cannot unmarshal ${kind} into a definition of a type`)
  }
  return recordOf(value)
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function propertiesOf(definition: unknown): Fields {
  const schema = field(recordOf(definition), 'schema')
  return recordOf(field(recordOf(schema), 'properties'))
}

/** Go's JSON matches names in any case. */
function field(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name]
  const key = Object.keys(fields).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : fields[key]
}

function configOf(definitions: Fields): TransformerConfig {
  let result = emptyConfig
  for (const [type, definition] of Object.entries(definitions)) {
    const properties = propertiesOf(definition)
    if (!['kind', 'apiVersion', 'metadata'].every((name) => Object.hasOwn(properties, name))) continue
    const kind = type.slice(type.lastIndexOf('.') + 1)
    result = mergeConfigs(result, walkType(definitions, type, { kind, path: [], seen: [] }))
  }
  return result
}

interface Place {
  readonly kind: string
  readonly path: readonly string[]
  readonly seen: readonly string[]
}

function walkType(definitions: Fields, type: string, place: Place): TransformerConfig {
  let result = emptyConfig
  for (const [name, raw] of Object.entries(propertiesOf(definitions[type]))) {
    const property = recordOf(raw)
    const path = [...place.path, name]
    result = mergeConfigs(result, specsOf(property, { ...place, path }))
    const ref = property['$ref']
    if (typeof ref !== 'string' || place.seen.includes(ref)) continue
    result = mergeConfigs(result, walkType(definitions, ref, { ...place, path, seen: [...place.seen, ref] }))
  }
  return result
}

function specsOf(property: Fields, { kind, path }: Place): TransformerConfig {
  const spec: FieldSpec = { kind, path: path.join('/') }
  const has = (name: string): boolean => typeof property[name] === 'string'
  const version = property['x-kubernetes-object-ref-api-version']
  const target = property['x-kubernetes-object-ref-kind']
  const nameKey = property['x-kubernetes-object-ref-name-key']
  return {
    ...(has('x-kubernetes-annotation') ? { commonAnnotations: [spec] } : {}),
    ...(has('x-kubernetes-label-selector') ? { commonLabels: [spec] } : {}),
    ...(has('x-kubernetes-identity') ? { namePrefix: [spec] } : {}),
    ...(typeof version === 'string' && typeof target === 'string'
      ? { nameReference: [reference({ version, kind: target }, spec, typeof nameKey === 'string' ? nameKey : 'name')] }
      : {}),
  }
}

function reference(
  target: { version: string; kind: string },
  spec: FieldSpec,
  nameKey: string,
): { version: string; kind: string; fieldSpecs: readonly FieldSpec[] } {
  return { ...target, fieldSpecs: [{ ...spec, path: `${spec.path}/${nameKey}` }] }
}
