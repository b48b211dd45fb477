import { hasField, intersectFields, pathsOf } from '@kedge/fields'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareValues } from './compare-objects.ts'
import { fieldsOf } from './fields-of.ts'
import { mergeValues } from './merge-objects.ts'
import { ShapeCompiler } from './shape.ts'

const text = { type: 'string' }
const shape = new ShapeCompiler(() => undefined).compile(
  {
    type: 'object',
    properties: {
      map: { type: 'object', additionalProperties: text },
      set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      whole: { type: 'array', items: text },
      keyed: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: text, value: text } },
      },
    },
  },
  false,
)

const word = fc.constantFrom('a', 'b', 'c')
const object = fc.record(
  {
    map: fc.dictionary(word, word),
    set: fc.uniqueArray(word),
    whole: fc.array(word, { maxLength: 3 }),
    keyed: fc.uniqueArray(fc.record({ name: word, value: word }, { requiredKeys: ['name'] }), {
      selector: ({ name }) => name,
    }),
  },
  { requiredKeys: [] },
)

test('[A5] what is applied is in the merged object with its value', () => {
  fc.assert(
    fc.property(object, object, (live, applied) => {
      const merged = mergeValues(shape, live, applied) ?? {}
      const { added, modified } = compareValues(shape, merged, applied)
      const changed = [...pathsOf(modified), ...pathsOf(added)].filter((path) =>
        hasField(fieldsOf(shape, applied), path),
      )
      // An applied empty object takes nothing away from a live one.
      expect(changed.filter((path) => path[0] !== 'f:map' || path.length > 1)).toEqual([])
    }),
  )
})

test('[A6] merging twice is merging once', () => {
  fc.assert(
    fc.property(object, object, (live, applied) => {
      const once = mergeValues(shape, live, applied)
      expect(mergeValues(shape, once, applied)).toEqual(once)
    }),
  )
})

test('[A8] the three sets of a comparison are disjoint and empty for equal values', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const { added, modified, removed } = compareValues(shape, before, after)
      expect([
        ...pathsOf(intersectFields(added, modified)),
        ...pathsOf(intersectFields(added, removed)),
        ...pathsOf(intersectFields(modified, removed)),
      ]).toEqual([])
      const same = compareValues(shape, after, structuredClone(after))
      expect([...pathsOf(same.added), ...pathsOf(same.modified), ...pathsOf(same.removed)]).toEqual([])
    }),
  )
})
