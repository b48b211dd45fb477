import type { Draft, FieldError } from '../contracts.ts'
import { child, ensure, fill, sameValue, stringMap, text } from './draft.ts'
import { forbidden, immutable, invalid, required, tooLong } from './field-errors.ts'
import { configKey } from './names.ts'
import type { KindRules } from './strategy.ts'

const SIZE_LIMIT = 1024 * 1024
const SET_WORDS = 'field is immutable when `immutable` is set'
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Keys that the types of Secrets must hold. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

/** v1 ConfigMap. */
export const configMapRules: KindRules = {
  check: (object) => {
    const data = child(object, 'data') ?? {}
    const binary = child(object, 'binaryData') ?? {}
    const errors = [...checkKeys(data, 'data'), ...checkKeys(binary, 'binaryData')]
    for (const key of Object.keys(data)) {
      if (binary[key] !== undefined) {
        errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
      }
    }
    if (sizeOf(data) + sizeOf(binary) > SIZE_LIMIT) errors.push(tooLong('', SIZE_LIMIT))
    return errors
  },
  checkUpdate: (object, old) => checkImmutable(object, old, ['data', 'binaryData']),
}

/** v1 Secret: stringData becomes data. */
export const secretRules: KindRules = {
  defaults: (draft) => {
    fill(draft, 'type', 'Opaque')
    const plain = child(draft, 'stringData')
    delete draft['stringData']
    if (plain === undefined) return
    const data = ensure(draft, 'data')
    for (const [key, value] of Object.entries(plain)) {
      data[key] = Buffer.from(typeof value === 'string' ? value : '', 'utf8').toString('base64')
    }
  },
  check: (object) => {
    const data = child(object, 'data') ?? {}
    const errors = checkKeys(data, 'data')
    if (sizeOf(data) * 0.75 > SIZE_LIMIT) errors.push(tooLong('data', SIZE_LIMIT))
    for (const key of REQUIRED_KEYS[text(object, 'type')] ?? []) {
      if (data[key] === undefined) errors.push(required(`data[${key}]`))
    }
    if (text(object, 'type') === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
      errors.push(required('data[username]'), required('data[password]'))
    }
    if (text(object, 'type') === 'kubernetes.io/dockerconfigjson') errors.push(...checkJson(data, '.dockerconfigjson'))
    if (text(object, 'type') === 'kubernetes.io/service-account-token') {
      const annotation = 'kubernetes.io/service-account.name'
      if ((stringMap(child(object, 'metadata'), 'annotations')[annotation] ?? '') === '') {
        errors.push(required(`metadata.annotations[${annotation}]`))
      }
    }
    return errors
  },
  checkUpdate: (object, old) => [
    ...(text(object, 'type') === text(old, 'type') ? [] : [immutable('type', object['type'])]),
    ...checkImmutable(object, old, ['data']),
  ],
  fields: (object) => ({ type: text(object, 'type') }),
}

function checkImmutable(object: Readonly<Draft>, old: Readonly<Draft>, keys: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return []
  const errors = object['immutable'] === true ? [] : [forbidden('immutable', SET_WORDS)]
  for (const key of keys) if (!sameValue(object[key] ?? {}, old[key] ?? {})) errors.push(forbidden(key, SET_WORDS))
  return errors
}

function checkKeys(data: Readonly<Draft>, field: string): FieldError[] {
  return Object.keys(data).flatMap((key) => configKey(key).map((fault) => invalid(`${field}[${key}]`, key, fault)))
}

function sizeOf(data: Readonly<Draft>): number {
  let size = 0
  for (const value of Object.values(data)) if (typeof value === 'string') size += value.length
  return size
}

function checkJson(data: Readonly<Draft>, key: string): FieldError[] {
  const value = data[key]
  if (typeof value !== 'string' || !BASE64.test(value)) return []
  try {
    JSON.parse(Buffer.from(value, 'base64').toString('utf8'))
    return []
  } catch {
    return [invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character in JSON')]
  }
}
