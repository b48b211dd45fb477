export { canonicalQuantity, formatQuantity, parseQuantity, type Quantity } from './quantity.ts'
