import { CelError } from '../values.ts'
import { isBytes, isString, unary, type Library } from './define.ts'

function decode(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0))
  } catch {
    throw new CelError('illegal base64 data')
  }
}

/** Encodings of bytes. */
export const encoders: Library = {
  'base64.encode': [unary(isBytes, (a) => btoa(String.fromCharCode(...a)))],
  'base64.decode': [unary(isString, decode)],
}
