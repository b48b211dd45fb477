import { digestText } from '@kedge/engine'

/** Characters that the name of a Helm release may have. */
const maxLength = 53
const hashLength = 12

/** A name of at most 53 characters: longer ones end in the first 12 hexadecimal digits of their SHA-256 (SPEC.md HS3). */
export function shortenName(name: string): string {
  if (name.length <= maxLength) return name
  const hash = digestText(name).slice('sha256:'.length, 'sha256:'.length + hashLength)
  return `${name.slice(0, maxLength - hashLength - 1)}-${hash}`
}
