import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fieldSetOf,
  fieldSetsEqual,
  formatFieldsV1,
  formatPath,
  hasField,
  intersectFields,
  isEmptyFieldSet,
  leafFields,
  parseFieldsV1,
  pathsOf,
  subtractFieldTrees,
  subtractFields,
  unionFields,
  type FieldSet,
} from './index.ts'

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:c.d', 'i:0', 'i:12', 'v:"x"', 'v:3', 'v:true'),
  fc.constantFrom('k:{"name":"n"}', 'k:{"port":80,"protocol":"TCP"}'),
)
const anySet = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
  .map((paths) => fieldSetOf(paths))
const words = (set: FieldSet): string[] => [...pathsOf(set)].map((path) => path.join('/')).toSorted()

test('[F1] a set reads back as it was written', () => {
  fc.assert(
    fc.property(anySet, (set) => {
      const back = parseFieldsV1(JSON.parse(JSON.stringify(formatFieldsV1(set))))
      expect(back.ok && fieldSetsEqual(back.value, set)).toBe(true)
    }),
  )
})

test('[F2] union, difference and intersection are those of the sets of paths', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const [left, right] = [words(a), words(b)]
      expect(words(unionFields(a, b))).toEqual([...new Set([...left, ...right])].toSorted())
      expect(words(subtractFields(a, b))).toEqual(left.filter((path) => !right.includes(path)))
      expect(words(intersectFields(a, b))).toEqual(left.filter((path) => right.includes(path)))
      expect(isEmptyFieldSet(subtractFields(a, a))).toBe(true)
      for (const path of pathsOf(a)) expect(hasField(a, path)).toBe(true)
    }),
  )
})

test('[F3] subtracting trees takes what is below with it', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const right = words(b)
      const isBelow = (path: string): boolean => right.some((other) => path === other || path.startsWith(`${other}/`))
      expect(words(subtractFieldTrees(a, b))).toEqual(words(a).filter((path) => !isBelow(path)))
    }),
  )
})

test('[F4] a node that is owned and has children carries a dot', () => {
  const set = fieldSetOf([['f:labels'], ['f:labels', 'f:x'], ['f:other']])
  expect(formatFieldsV1(set)).toEqual({ 'f:labels': { '.': {}, 'f:x': {} }, 'f:other': {} })
  expect(words(leafFields(set))).toEqual(['f:labels/f:x', 'f:other'])
})

test('[F1] keys are read in any order and spacing', () => {
  const one = parseFieldsV1({ 'f:ports': { 'k:{"protocol":"TCP", "port":80}': { '.': {} } } })
  const two = parseFieldsV1({ 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {} } } })
  expect(one.ok && two.ok && fieldSetsEqual(one.value, two.value)).toBe(true)
})

test('[F5] what is no field set is refused by name', () => {
  const bad = parseFieldsV1({ 'f:a': { 'x:b': {} } })
  expect(bad).toEqual({
    ok: false,
    failure: { code: 'InvalidFieldsV1', message: 'fieldsV1 is not a field set: "x:b" is no path element' },
  })
  expect(parseFieldsV1({ 'f:a': 3 }).ok).toBe(false)
  expect(parseFieldsV1([]).ok).toBe(false)
})

test('[F6] paths print as the real server prints conflicts', () => {
  expect(formatPath(['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'])).toBe(
    '.spec.ports[port=80,protocol="TCP"].name',
  )
  expect(formatPath(['f:metadata', 'f:finalizers', 'v:"a/b"'])).toBe('.metadata.finalizers[="a/b"]')
  expect(formatPath(['f:x', 'i:3'])).toBe('.x[3]')
})
