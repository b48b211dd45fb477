import { hash } from 'node:crypto'

import { sha256Hex } from '@kedge/tree'
import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'

import { canonicalJson, digestOf, sameJson, useHostSha256 } from './canonical.ts'

test('equal values give equal text whatever the order of their keys, different ones do not', () => {
  assert(
    property(jsonValue(), jsonValue(), (a, b) => {
      expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(JSON.stringify(a)))
      expect(canonicalJson(a) === canonicalJson(b)).toBe(sameJson(a, b))
    }),
  )
  expect(canonicalJson({ b: 1, a: [{ d: undefined, c: null }] })).toBe('{"a":[{"c":null}],"b":1}')
  expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true)
  expect(canonicalJson(JSON.parse('{"z":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"z":1}')
})

test("the host's hash gives the same digests", () => {
  const portable = digestOf({ a: 'ä' })
  useHostSha256((bytes) => hash('sha256', bytes))
  expect(digestOf({ a: 'ä' })).toBe(portable)
  useHostSha256(sha256Hex)
})
