import type { GoFunction } from '../value/go-value.ts'

/** What sprig's functions need of the world. A preview passes fixed answers, so that it renders the same every time. */
export interface SprigHost {
  nowMs(): number
  /** The zone of a name (empty for the machine's own) at a moment; undefined when there is none of that name. */
  zone(name: string, seconds: number): Zone | undefined
  /** Random bytes. */
  randomBytes(count: number): Uint8Array
  /** In hexadecimal digits; of a text, of its UTF-8. */
  digest(algorithm: 'sha1' | 'sha256' | 'sha512', of: Uint8Array | string): string
  /** bcrypt, keys, certificates, AES, derived passwords: functions as the host has them, by sprig's names. */
  readonly cryptography: Readonly<Record<string, GoFunction>>
}

interface Zone {
  readonly abbreviation: string
  readonly offsetSeconds: number
}
