import { expect, test } from 'vitest'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'

test.each([
  ['add', { a: 1 }, [{ op: 'add', path: '/b', value: { c: 2 } }], { a: 1, b: { c: 2 } }],
  ['add into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
  ['add at the end', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
  ['add to the whole', { a: 1 }, [{ op: 'add', path: '', value: { b: 1 } }], { b: 1 }],
  ['remove', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  ['remove from a list', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
  ['replace', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: null }], { a: { b: null } }],
  ['move', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
  [
    'copy',
    { a: [1] },
    [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/-', value: 2 },
    ],
    { a: [1], b: [1, 2] },
  ],
  ['test', { a: { x: [1], y: 2 } }, [{ op: 'test', path: '/a', value: { y: 2, x: [1] } }], { a: { x: [1], y: 2 } }],
  [
    'escapes',
    { 'a/b': 1, 'c~d': 2 },
    [
      { op: 'remove', path: '/a~1b' },
      { op: 'remove', path: '/c~0d' },
    ],
    {},
  ],
])('%s', (_name, document, patch, expected) => {
  const before = structuredClone(document)
  expect(applyJsonPatch(document, patch)).toEqual(expected)
  expect(document).toEqual(before)
})

test.each([
  ['test of another value', [{ op: 'test', path: '/a', value: 2 }]],
  ['remove of nothing', [{ op: 'remove', path: '/x' }]],
  ['replace of nothing', [{ op: 'replace', path: '/x', value: 1 }]],
  ['add below nothing', [{ op: 'add', path: '/x/y', value: 1 }]],
  ['add beyond the end', [{ op: 'add', path: '/l/5', value: 1 }]],
  ['move of nothing', [{ op: 'move', from: '/x', path: '/y' }]],
])('%s is refused', (_name, patch) => {
  expect(() => applyJsonPatch({ a: 1, l: [] }, patch)).toThrow()
})

test('an unknown operation is refused, a patch that is no list is a bad request', () => {
  expect(() => applyJsonPatch({}, [{ op: 'twist', path: '/a' }])).toThrow('the server rejected our request')
  expect(() => applyJsonPatch({}, {})).toThrow('cannot unmarshal object')
})

test('a merge patch replaces values, merges maps and removes with null', () => {
  const target = { a: { b: 1, c: 2 }, d: [1, 2], e: 'x' }
  expect(applyMergePatch(target, { a: { b: null, f: { g: null, h: 1 } }, d: [3], e: null })).toEqual({
    a: { c: 2, f: { h: 1 } },
    d: [3],
  })
  expect(target).toEqual({ a: { b: 1, c: 2 }, d: [1, 2], e: 'x' })
})
