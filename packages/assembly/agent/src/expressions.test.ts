import { expect, test } from 'vitest'

import { celExpressions } from './expressions.ts'

const expressions = celExpressions()

test.each([
  "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
  "has(status.phase) && status.phase in ['Running', 'Done']",
  'anythingElse.here == 1',
  'size(data) > 0',
])('%s is an expression over the fields of an object', (expression) => {
  expect(expressions.check(expression)).toBeUndefined()
})

test.each(['status.(', 'status.x ==', "'open"])('%s is none', (expression) => {
  expect(expressions.check(expression)).toBeDefined()
})

test('readiness is true or false, and anything else cannot be mended by trying again', () => {
  const variables = { self: { metadata: { name: 'a' } }, dep: { status: { ready: true } } }
  expect(expressions.ready('dep.status.ready', variables)).toEqual({ ok: true, value: true })
  expect(expressions.ready('self.metadata.name', variables)).toMatchObject({ ok: false, failure: { compiles: false } })
  expect(expressions.ready('other.x', variables)).toMatchObject({ ok: false, failure: { compiles: false } })
  expect(expressions.ready('dep.status.missing == 1', variables)).toMatchObject({
    ok: false,
    failure: { compiles: true },
  })
})
