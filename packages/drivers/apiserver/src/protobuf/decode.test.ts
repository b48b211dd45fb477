import { readdirSync, readFileSync } from 'node:fs'
import { FailureError } from '@kedge/base'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createProtobufCodec } from './decode.ts'

const codec = createProtobufCodec()
const folder = new URL('testdata/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pb'))
  .map((name) => name.slice(0, -'.pb'.length))

function golden(name: string): Uint8Array {
  return readFileSync(new URL(`${name}.pb`, folder))
}

test.each(names)('[B1] the golden file %s reads as its JSON', (name) => {
  const json: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
  expect(codec.decode(golden(name))).toEqual(json)
})

test('[B2] bytes that are no object are a failure, wherever they are cut or changed', () => {
  const bytes = golden('core.v1.Secret')
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
      const broken = Uint8Array.from(cut ? bytes.subarray(0, at) : bytes)
      if (!cut) broken[at] = byte
      try {
        codec.decode(broken)
      } catch (error) {
        expect(error).toBeInstanceOf(FailureError)
      }
    }),
    { numRuns: 500 },
  )
})

test('[B2] a body that is not in the envelope, or of no known kind, says so', () => {
  expect(() => codec.decode(new TextEncoder().encode('{}'))).toThrow('does not begin with k8s')
  const unknown = Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, 7, 0x0a, 2, 0x76, 0x31, 0x12, 1, 0x58])
  expect(() => codec.decode(unknown)).toThrow('no kind "X" in "v1"')
})
