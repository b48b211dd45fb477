export type { Next, Priority } from './next.ts'
