import { createCipheriv, createDecipheriv } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'

const blockSize = 16

/** AES-256-CBC in base64, the initialisation vector in front; the password is cut or padded with zeros to a key. */
export function encryptAes(password: string, text: string, vector: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', keyOf(password), vector)
  return Buffer.concat([vector, cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
}

/** Undoes encryptAes. Throws FunctionError on text that is no such cipher text. */
export function decryptAes(password: string, encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length < blockSize) throw new FunctionError('crypto/cipher: input not full blocks')
  const decipher = createDecipheriv('aes-256-cbc', keyOf(password), bytes.subarray(0, blockSize))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(blockSize)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new FunctionError('the cipher text does not fit the key', { cause: error })
  }
}

function keyOf(password: string): Buffer {
  const key = Buffer.alloc(32)
  key.write(password)
  return key
}
