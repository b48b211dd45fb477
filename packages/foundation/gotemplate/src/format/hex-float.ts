/** A float64 as %x writes it: `0x1.8p+01`. The sharp flag fills the mantissa with zeros to five digits. */
export function formatHexFloat(
  value: number,
  how: { readonly verb: 'x' | 'X'; readonly precision: number | undefined; readonly sharp: boolean },
): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const { exponent, mantissa } = partsOf(value, how.precision)
  const fraction = how.precision === undefined ? mantissa.slice(1).replace(/0+$/, '') : mantissa.slice(1)
  const digits = how.sharp ? fraction.padEnd(4, '0') : fraction
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const text = `${sign}0x${mantissa.charAt(0)}${digits === '' ? '' : '.'}${digits}p${power}`
  return how.verb === 'X' ? text.toUpperCase() : text
}

/** The hexadecimal digits of the mantissa, the first of them the one before the point, rounded to even. */
function partsOf(
  value: number,
  precision: number | undefined,
): { readonly exponent: number; readonly mantissa: string } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  let exponent = Number(bits >> 52n) - 1023
  let mantissa = (bits & 0xfffffffffffffn) | (1n << 52n)
  if (value === 0) return { exponent: 0, mantissa: '0'.padEnd(1 + (precision ?? 0), '0') }
  if (exponent === -1023) {
    mantissa = bits & 0xfffffffffffffn
    exponent = -1022
    for (; mantissa < 1n << 52n; exponent -= 1) mantissa <<= 1n
  }
  const wanted = precision ?? 13
  if (wanted >= 13) return { exponent, mantissa: mantissa.toString(16).padEnd(wanted + 1, '0') }
  const shift = BigInt((13 - wanted) * 4)
  const half = 1n << (shift - 1n)
  const rest = mantissa & ((1n << shift) - 1n)
  let rounded = mantissa >> shift
  if (rest > half || (rest === half && rounded % 2n === 1n)) rounded += 1n
  if (rounded >> BigInt(wanted * 4) >= 2n) return { exponent: exponent + 1, mantissa: '1'.padEnd(wanted + 1, '0') }
  return { exponent, mantissa: rounded.toString(16) }
}
