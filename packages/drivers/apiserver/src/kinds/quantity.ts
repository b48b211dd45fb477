import { parseQuantity, canonicalQuantity as canonicalText } from '@kedge/cel'

/** Whether a value is a quantity such as `100m`, `1.5Gi` or `3`. */
export function isQuantity(value: unknown): boolean {
  return quantityNanos(value) !== undefined
}

/** The quantity as the server stores it: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. Others are left as they are. */
export function canonicalQuantity(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'number' ? (canonicalText(value) ?? value) : value
}

/** The quantity in nano-units; undefined for what is none. */
export function quantityNanos(value: unknown): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseQuantity(String(value))?.nano : undefined
}
