import { type KubeObject } from '@kedge/manifest'

import { isRecord } from '../spec/field-reader.ts'

/** The decoded `data` of a Secret; entries that are no base64 are left out. */
export function secretBytes(secret: KubeObject): Readonly<Record<string, Uint8Array>> {
  const data = isRecord(secret['data']) ? secret['data'] : {}
  const bytes: Record<string, Uint8Array> = {}
  for (const [key, value] of Object.entries(data)) {
    const decoded = typeof value === 'string' ? decodeBase64(value) : undefined
    if (decoded !== undefined) bytes[key] = decoded
  }
  return bytes
}

/** The text entries of a ConfigMap or Secret, by key. */
export function textData(object: KubeObject): Readonly<Record<string, string>> {
  if (object.kind === 'Secret') {
    const entries = Object.entries(secretBytes(object)).map(
      ([key, value]) => [key, new TextDecoder().decode(value)] as const,
    )
    return Object.fromEntries(entries)
  }
  const data = isRecord(object['data']) ? object['data'] : {}
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}
