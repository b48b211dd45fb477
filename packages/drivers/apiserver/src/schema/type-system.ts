import type { Draft, TypeSystem } from '../contracts.ts'
import { ShapeCompiler, type Shape } from '../apply/shape.ts'
import type { ManagedTypes } from '../apply/field-manager.ts'
import { builtInComponent, component, objectMetaComponent } from './built-in.ts'
import { checkTypes } from './check-types.ts'
import { checkDefinition, requireDefinition } from './check-definition.ts'
import { CustomKinds, type CustomKind } from './custom-kinds.ts'
import { messageOfComponent, toGoForm } from './go-form.ts'
import { isObject, type JsonObject } from './json.ts'
import { builtInDiscovery } from './load.ts'
import { openApiDocument } from './open-api.ts'
import { pruneUnknown } from './prune.ts'
import { resetFieldsOf } from './reset-fields.ts'
import { fillDefaults } from './schema-defaults.ts'
import { validateCustom } from './validate-custom.ts'

/** The type system with what the field manager asks of it. */
export interface KindTypes extends TypeSystem, ManagedTypes {}

/** Makes a type system that knows the built-in kinds. Custom ones are added with `define`. */
export function createTypeSystem(): KindTypes {
  const custom = new CustomKinds()
  const compiler = new ShapeCompiler(component)
  const shapes = new WeakMap<CustomKind, Shape>()

  function schemaOf(apiVersion: string, kind: string): JsonObject | undefined {
    const known = custom.get(apiVersion, kind)
    if (known !== undefined) return known.schema
    const name = builtInComponent(apiVersion, kind)
    return name === undefined ? undefined : component(name)
  }

  return {
    schemaOf,
    check(apiVersion, kind, object) {
      const schema = schemaOf(apiVersion, kind)
      if (schema === undefined) return { unknown: [], mismatches: [] }
      return checkTypes(schema, object, { kind, custom: custom.get(apiVersion, kind) !== undefined })
    },
    prune(apiVersion, kind, draft) {
      const schema = schemaOf(apiVersion, kind)
      if (schema !== undefined) pruneUnknown(schema, draft)
    },
    applySchemaDefaults(apiVersion, kind, draft) {
      const known = custom.get(apiVersion, kind)
      if (known !== undefined) fillDefaults(known.schema, draft)
    },
    // The contract has four parameters.
    validate(...[apiVersion, kind, object, old]) {
      const known = custom.get(apiVersion, kind)
      return known === undefined ? [] : validateCustom(known, object, old)
    },
    checkDefinition,
    define(crd) {
      requireDefinition(crd)
      custom.put(crd)
    },
    forget: (group, kind) => custom.remove(group, kind),
    openApiV3: (groupVersion) => openApiDocument(groupVersion, custom.in(groupVersion)),
    shapeOf(apiVersion, kind) {
      const known = custom.get(apiVersion, kind)
      if (known === undefined) return builtInShape(compiler, apiVersion, kind)
      const shape = shapes.get(known) ?? compiler.compile(known.schema, false)
      shapes.set(known, shape)
      return shape
    },
    resetFields(apiVersion, kind, subresource) {
      const known = custom.get(apiVersion, kind)
      const [group = '', version] = apiVersion.split('/')
      const hasStatus = known?.hasStatus ?? hasBuiltInStatus(apiVersion, kind)
      return resetFieldsOf({
        group: version === undefined ? '' : group,
        kind,
        subresource,
        hasStatus,
        custom: known !== undefined,
      })
    },
    normalize(apiVersion, kind, draft: Draft) {
      if (custom.get(apiVersion, kind) !== undefined) return normalizeMetadata(draft)
      const name = builtInComponent(apiVersion, kind)
      if (name !== undefined) toGoForm(messageOfComponent(name), draft)
    },
  }
}

/** Of a custom object, the server types only the metadata. */
function normalizeMetadata(draft: Draft): void {
  const metadata = draft['metadata']
  if (!isObject(metadata)) return
  const copy = { ...metadata }
  toGoForm(messageOfComponent(objectMetaComponent), copy)
  draft['metadata'] = copy
}

function builtInShape(compiler: ShapeCompiler, apiVersion: string, kind: string): Shape | undefined {
  const name = builtInComponent(apiVersion, kind)
  return name === undefined ? undefined : compiler.named(name)
}

let kindsWithStatus: ReadonlySet<string> | undefined

function hasBuiltInStatus(apiVersion: string, kind: string): boolean {
  kindsWithStatus ??= findKindsWithStatus()
  return kindsWithStatus.has(`${apiVersion}/${kind}`)
}

function findKindsWithStatus(): ReadonlySet<string> {
  const { core, groups } = builtInDiscovery()
  const versions = [...core.items, ...groups.items].flatMap(({ metadata, versions: all }) =>
    all.map(({ version, resources }) => ({
      apiVersion: metadata.name === undefined ? version : `${metadata.name}/${version}`,
      resources,
    })),
  )
  const out = new Set<string>()
  for (const { apiVersion, resources } of versions) {
    for (const { responseKind, subresources } of resources) {
      if (subresources?.some(({ subresource }) => subresource === 'status') === true)
        out.add(`${apiVersion}/${responseKind.kind}`)
    }
  }
  return out
}
