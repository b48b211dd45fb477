export {
  FieldSetBuilder,
  emptyFieldSet,
  fieldNode,
  fieldSetOf,
  fieldSetsEqual,
  hasField,
  intersectFields,
  isEmptyFieldSet,
  leafFields,
  pathsOf,
  subtractFieldTrees,
  subtractFields,
  unionFields,
  type FieldSet,
} from './field-set.ts'
export { formatFieldsV1, parseFieldsV1 } from './fields-v1.ts'
export {
  compareElements,
  fieldElement,
  formatPath,
  indexElement,
  keyElement,
  parseElement,
  valueElement,
  type FieldPath,
  type ParsedElement,
  type PathElement,
} from './path-element.ts'
export { projectFields } from './project-fields.ts'
