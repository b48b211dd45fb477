export { createAccess } from './access.ts'
export { impersonationChecks } from './impersonation.ts'
