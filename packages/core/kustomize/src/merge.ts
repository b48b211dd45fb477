export { mergeNodes, type MergeOptions } from './merge/merge-nodes.ts'
export { Schemas } from './merge/schema.ts'
