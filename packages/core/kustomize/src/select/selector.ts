import type { Selector } from '../model/kustomization.ts'
import { effectiveNamespace, type Gvk, type ResId } from '../model/identity.ts'
import type { Resource } from '../model/resource.ts'
import { compileGoRegexp } from './go-regexp.ts'
import { compileLabelSelector } from './label-selector.ts'

/** A selector made ready to be asked. */
export interface CompiledSelector {
  matchesGvk(gvk: Gvk): boolean
  matchesName(name: string): boolean
  matchesNamespace(namespace: string): boolean
  matchesLabels(resource: Resource): boolean
  matchesAnnotations(resource: Resource): boolean
}

/** Compiles a selector; its regular expressions must match from end to end. */
export function compileSelector(selector: Selector): CompiledSelector {
  const group = compilePattern(selector.group)
  const version = compilePattern(selector.version)
  const kind = compilePattern(selector.kind)
  const labels = compileLabelSelector(selector.labelSelector ?? '')
  const annotations = compileLabelSelector(selector.annotationSelector ?? '')
  return {
    matchesGvk: (gvk) => group(gvk.group) && version(gvk.version) && kind(gvk.kind),
    matchesName: compilePattern(selector.name),
    matchesNamespace: compilePattern(selector.namespace),
    matchesLabels: (resource) => labels(resource.labels),
    matchesAnnotations: (resource) => annotations(resource.annotations),
  }
}

function compilePattern(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined || pattern === '') return () => true
  if (/^[\w-]+$/.test(pattern)) return (text) => text === pattern
  const expression = compileGoRegexp(`^(?:${pattern})$`)
  return (text) => expression.test(text)
}

/** The resources that a patch target chooses, by their present or their original names. */
export function selectResources(resources: readonly Resource[], selector: Selector): readonly Resource[] {
  const compiled = compileSelector(selector)
  return resources.filter((resource) => {
    const original = resource.originalId
    const { id } = resource
    return (
      either(original, id, (one) => compiled.matchesNamespace(effectiveNamespace(one))) &&
      either(original, id, (one) => compiled.matchesName(one.name)) &&
      compiled.matchesGvk(id) &&
      compiled.matchesLabels(resource) &&
      compiled.matchesAnnotations(resource)
    )
  })
}

function either(a: ResId, b: ResId, test: (id: ResId) => boolean): boolean {
  return test(a) || test(b)
}
