import type { Draft } from '../../contracts.ts'

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** A short, stable name of a pod template: FNV-1a over its JSON in key order, written in letters that spell nothing. */
export function templateHash(template: unknown, collisions = 0): string {
  let hash = 0x81_1c_9d_c5
  const written = `${orderedJson(template)}${collisions === 0 ? '' : `#${collisions}`}`
  for (let index = 0; index < written.length; index += 1) {
    hash = Math.imul(hash ^ written.charCodeAt(index), 0x01_00_01_93) >>> 0
  }
  return Array.from(String(hash), letterOf).join('')
}

function letterOf(digit: string): string {
  return ALPHABET[(digit.codePointAt(0) ?? 0) % ALPHABET.length] ?? 'b'
}

function orderedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part as Draft).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  })
}
