export type { LocalClient } from './contracts.ts'
