import { resolvePlain } from './resolve.ts'
import type { ScalarStyle } from './node.ts'

const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** Whether YAML 1.1 would read the text as a number in base 60. */
export function isBase60(text: string): boolean {
  return text.includes(':') && BASE60.test(text)
}

/** The style that Go's yaml.v2 asks for when it prints a string. */
export function styleOfString(text: string): ScalarStyle {
  if (text.includes('\n')) return 'literal'
  const isPlain = resolvePlain(text, 'v2').type === 'str' && !isBase60(text)
  return isPlain ? 'plain' : 'double'
}
