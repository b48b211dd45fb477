import { YamlError } from './yaml-error.ts'

/** The text of a `!!binary` scalar; bytes that are not UTF-8 become U+FFFD, as on Go's way to JSON. */
export function decodeBase64(text: string, line: number): string {
  try {
    const binary = atob(text.replace(/[\r\n]/g, ''))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  } catch {
    throw new YamlError({ message: '!!binary value contains invalid base64 data', line, goLine: 0 })
  }
}
