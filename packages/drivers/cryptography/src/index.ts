export { cryptographyFunctions, type CryptographyOptions } from './cryptography-functions.ts'
export { templateHost } from './template-host.ts'
export { readKeyring, type KeyOwner } from './openpgp/public-key.ts'
export { verifyMessage, type VerifiedMessage } from './openpgp/verify-message.ts'
