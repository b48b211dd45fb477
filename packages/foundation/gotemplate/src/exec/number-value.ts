import type { NumberNode } from '../parse/nodes.ts'
import { GoComplex, GoInt, type GoValue } from '../value/go-value.ts'

/** The value of an untyped constant: float64 when written as one, int otherwise; undefined when it overflows int. */
export function numberValue(node: NumberNode): GoValue {
  if (node.complex !== undefined) return new GoComplex(node.complex.re, node.complex.im)
  const isHexInt = /^[+-]?0[xX]/.test(node.text) && !/[pP]/.test(node.text)
  const isRune = node.text.startsWith("'")
  if (node.float !== undefined && !isHexInt && !isRune && /[.eEpP]/.test(node.text)) return node.float
  return node.int === undefined ? undefined : new GoInt(node.int, 'int')
}
