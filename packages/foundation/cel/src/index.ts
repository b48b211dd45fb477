export { compileCel } from './compile-cel.ts'
export type { CelOptions, CelProgram } from './program.ts'
export { canonicalQuantity, formatQuantity, parseQuantity, type Quantity } from './quantity.ts'
