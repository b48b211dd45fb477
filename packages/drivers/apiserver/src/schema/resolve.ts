import { refOf } from '../apply/shape.ts'
import { component } from './built-in.ts'
import { isObject, member, type JsonObject } from './json.ts'

/** Components whose JSON is not what their schema says: free values, and values with more than one form. */
export const opaqueComponents: ReadonlySet<string> = new Set([
  'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray',
])

/** A schema with its reference followed. */
export interface Resolved {
  readonly schema: JsonObject
  /** The component that it is, where it is one. */
  readonly component?: string
}

/** Follows a reference to a built-in component. An unknown one allows everything. */
export function resolve(schema: JsonObject): Resolved {
  const name = refOf(schema)
  if (name === undefined) return { schema }
  return { schema: component(name) ?? {}, component: name }
}

/** The schema of a member, and whether it is declared by name; undefined when unknown members may not be there. */
export function memberSchema(schema: JsonObject, name: string): JsonObject | undefined {
  const declared = member(member(schema, 'properties'), name)
  if (isObject(declared)) return declared
  const additional = schema['additionalProperties']
  if (isObject(additional)) return additional
  return additional === true || isFree(schema) ? {} : undefined
}

/** Whether an object of this schema may have members that no schema declares. */
function isFree(schema: JsonObject): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return true
  return schema['properties'] === undefined && schema['additionalProperties'] === undefined
}
