export { cryptographyFunctions, type CryptographyOptions } from './cryptography-functions.ts'
export { templateHost } from './template-host.ts'
