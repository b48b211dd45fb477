import type { Draft, FieldError } from '../contracts.ts'
import { child, children, sameValue, stringMap, strings, text } from './draft.ts'
import { duplicate, immutable, invalid, required, tooLong } from './field-errors.ts'
import { dnsLabel, labelValue, qualifiedName, type NameRule } from './names.ts'
import { isEmptySelector } from './selectors.ts'

const ANNOTATIONS_LIMIT = 256 * 1024
const FIXED_AFTER_CREATE = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const

/** What metadata of a new or changed object must keep to. */
export function checkMetadata(
  object: Readonly<Draft>,
  options: { readonly nameRule: NameRule; readonly namespaced: boolean; readonly anyFinalizer?: boolean },
): FieldError[] {
  const metadata = child(object, 'metadata')
  const errors: FieldError[] = []
  const name = text(metadata, 'name')
  const generateName = text(metadata, 'generateName')
  if (name === '' && generateName === '') errors.push(required('metadata.name', 'name or generateName is required'))
  if (generateName !== '') {
    // The server appends five characters, so a trailing hyphen is fine.
    const sample = generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName
    errors.push(...options.nameRule(sample).map((fault) => invalid('metadata.generateName', generateName, fault)))
  }
  if (name !== '') errors.push(...options.nameRule(name).map((fault) => invalid('metadata.name', name, fault)))
  if (options.namespaced) {
    const namespace = text(metadata, 'namespace')
    errors.push(...dnsLabel(namespace).map((fault) => invalid('metadata.namespace', namespace, fault)))
  }
  errors.push(...checkLabels(stringMap(metadata, 'labels'), 'metadata.labels'))
  errors.push(...checkAnnotations(stringMap(metadata, 'annotations'), 'metadata.annotations'))
  errors.push(...checkOwners(children(metadata, 'ownerReferences')))
  errors.push(...checkFinalizers(strings(metadata, 'finalizers'), options.anyFinalizer === true))
  return errors
}

/** Names without a prefix belong to Kubernetes, and it knows three. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function checkFinalizers(finalizers: readonly string[], isAny: boolean): FieldError[] {
  const faults = finalizers.flatMap((finalizer) =>
    qualifiedName(finalizer).map((fault) => invalid('metadata.finalizers', finalizer, fault)),
  )
  const unqualified = 'name is neither a standard finalizer name nor is it fully qualified'
  for (const [index, finalizer] of finalizers.entries()) {
    if (isAny || finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) continue
    faults.push(invalid(`metadata.finalizers[${index}]`, finalizer, unqualified))
  }
  return faults
}

/** What metadata must not change. */
export function checkMetadataUpdate(object: Readonly<Draft>, old: Readonly<Draft>): FieldError[] {
  const metadata = child(object, 'metadata')
  const before = child(old, 'metadata')
  const errors: FieldError[] = []
  for (const field of FIXED_AFTER_CREATE) {
    if (!sameValue(metadata?.[field], before?.[field])) errors.push(immutable(`metadata.${field}`, metadata?.[field]))
  }
  return errors
}

/** Label keys and values. */
export function checkLabels(labels: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...qualifiedName(key).map((fault) => invalid(field, key, fault)))
    errors.push(...labelValue(value).map((fault) => invalid(field, value, fault)))
  }
  return errors
}

/** Annotation keys, and the size of all together. */
export function checkAnnotations(annotations: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    errors.push(...qualifiedName(key.toLowerCase()).map((fault) => invalid(field, key, fault)))
    size += key.length + value.length
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLong(field, ANNOTATIONS_LIMIT))
  return errors
}

/** A LabelSelector: keys, operators and their values. */
export function checkSelector(selector: Readonly<Draft> | undefined, field: string): FieldError[] {
  if (selector === undefined || isEmptySelector(selector)) return []
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(stringMap(selector, 'matchLabels'))) {
    errors.push(...qualifiedName(key).map((fault) => invalid(`${field}.matchLabels`, key, fault)))
    errors.push(...labelValue(value).map((fault) => invalid(`${field}.matchLabels`, value, fault)))
  }
  for (const [index, expression] of children(selector, 'matchExpressions').entries()) {
    errors.push(...checkExpression(expression, `${field}.matchExpressions[${index}]`))
  }
  return errors
}

function checkExpression(expression: Readonly<Draft>, field: string): FieldError[] {
  const errors: FieldError[] = []
  const operator = text(expression, 'operator')
  const values = strings(expression, 'values')
  const key = text(expression, 'key')
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push({
        reason: 'FieldValueForbidden',
        field: `${field}.values`,
        message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      })
    }
  } else {
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  }
  errors.push(...qualifiedName(key).map((fault) => invalid(`${field}.key`, key, fault)))
  return errors
}

function checkOwners(owners: readonly Draft[]): FieldError[] {
  const errors: FieldError[] = []
  let controllers = 0
  for (const [index, owner] of owners.entries()) {
    const field = `metadata.ownerReferences[${index}]`
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      const value = text(owner, name)
      if (value === '') errors.push(required(`${field}.${name}`, 'must not be empty'))
    }
    if (owner['controller'] === true) controllers += 1
  }
  if (controllers > 1) {
    errors.push(invalid('metadata.ownerReferences', owners, 'Only one reference can have Controller set to true.'))
  }
  return errors
}

/** Finds values that occur twice under a key of a list's items. */
export function checkUnique(
  items: readonly Readonly<Draft>[],
  key: string,
  fieldOf: (index: number) => string,
): FieldError[] {
  const seen = new Set<unknown>()
  const errors: FieldError[] = []
  for (const [index, item] of items.entries()) {
    const value = item[key]
    if (value === undefined || value === '') continue
    if (seen.has(value)) errors.push(duplicate(fieldOf(index), value))
    seen.add(value)
  }
  return errors
}
