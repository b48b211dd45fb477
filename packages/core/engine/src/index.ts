export type { Delivery } from './model/delivery.ts'
