import type { ListNode } from './nodes.ts'

/** Whether a body has nothing but blanks, so that it does not replace an earlier definition. */
export function isEmptyBody(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && isBlank(node.text))
}

/** Whether a text has nothing but Go's blanks. */
function isBlank(text: string): boolean {
  return /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/.test(text)
}
