export { createAccess } from './access.ts'
export { aggregatedRules, isAggregated } from './aggregation.ts'
export { impersonationChecks } from './impersonation.ts'
