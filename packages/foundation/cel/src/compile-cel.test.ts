import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileCel } from './index.ts'

function run(expression: string, variables: Record<string, unknown> = {}): unknown {
  const program = compileCel(expression, { variables: Object.keys(variables) })
  if (!program.ok) return `${program.failure.code}: ${program.failure.message}`
  const result = program.value.evaluate(variables)
  return result.ok ? result.value : `${result.failure.code}: ${result.failure.message}`
}

const status = {
  observedGeneration: 3,
  conditions: [
    { type: 'Ready', status: 'True' },
    { type: 'Stalled', status: 'False' },
  ],
}

const language: readonly [string, unknown][] = [
  ['1 + 2 * 3', 7],
  ['-5 / 2', -2],
  ['5 % 3 == 2 && !false', true],
  ['1 == 1.0 && 1 < 1.5 && 2u >= 2', true],
  ['1.0 + 2.0', 3],
  ['"a" + "b" in ["ab"]', true],
  ['[1, 2, 3].filter(x, x > 1).map(x, x * 10)', [20, 30]],
  ['[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2) && [1, 2].exists_one(x, x == 2)', true],
  ['[1, 0].exists(x, 10 / x == 10)', true],
  ['{"a": 1, "b": 2}.map(k, k)', ['a', 'b']],
  ['has({"a": 1}.a) && !has({"a": 1}.b)', true],
  ['false && 1 / 0 == 0', false],
  ['1 / 0 == 0 || true', true],
  ['[1, 2][0] == 1 ? "yes" : "no"', 'yes'],
  ['cel.bind(x, 2, x * x)', 4],
  ['{"a": {"b": 1}}.?a.?b.orValue(0)', 1],
  ['{"a": 1}.?b.orValue(0)', 0],
  ['optional.of(2).optMap(x, x + 1).value()', 3],
  ['{"a": 1, "b": 2}.transformMap(k, v, v * 2)', { a: 2, b: 4 }],
  ['type(1) == int && type("") == string', true],
  ["r'\\d' + '\\u00e9'", '\\dé'],
  ['b"\\xff".size()', 1],
  ['size("héllo") + size([1]) + size({1: 2})', 7],
  ['duration("1h30m") > duration("80m")', true],
  ['timestamp("2026-11-24T10:00:00Z") + duration("36h")', '2026-11-25T22:00:00Z'],
  ['timestamp("2026-11-24T23:30:00Z").getHours("Europe/Berlin")', 0],
  ['timestamp("2026-11-24T00:00:00Z").getDayOfWeek()', 2],
]

test.each(language)('[C1] %s', (expression, value) => {
  expect(run(expression)).toEqual(value)
})

const libraries: readonly [string, unknown][] = [
  ['"a-b-c".split("-").join("+")', 'a+b+c'],
  ['"Hello".substring(1, 3).upperAscii()', 'EL'],
  ['"%s is %d, %.2f".format(["x", 3, 1.5])', 'x is 3, 1.50'],
  ['"abc 123".find("[0-9]+") + "1a2b".findAll("[0-9]").join()', '12312'],
  ['"2024".matches("^[0-9]{4}$")', true],
  ['quantity("1500m").compareTo(quantity("1.5")) == 0', true],
  ['quantity("1Gi").isGreaterThan(quantity("1000Mi"))', true],
  ['quantity("50k").add(quantity("20k")).asInteger()', 70_000],
  ['isQuantity("1.3Zi")', false],
  ['ip("::1").isLoopback() && ip("10.0.0.1").family() == 4', true],
  ['cidr("10.0.0.0/8").containsIP("10.1.2.3")', true],
  ['cidr("10.0.0.0/8").containsCIDR(cidr("11.0.0.0/16"))', false],
  ['string(cidr("10.1.2.3/8").masked())', '10.0.0.0/8'],
  ['ip.isCanonical("2001:DB8::1")', false],
  ['url("https://[::1]:8080/a?x=1&x=2").getPort()', '8080'],
  ['url("https://example.com/a?x=1&x=2").getQuery()', { x: ['1', '2'] }],
  ['isURL("nothing")', false],
  ['[3, 1, 2].sort() == [1, 2, 3] && [1, 2].sum() == 3 && [1, 2].max() == 2', true],
  ['[1, 2, 2].isSorted() && ["b", "a"].indexOf("a") == 1', true],
  ['[[1, 2], [3]].flatten() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2]', true],
  ['sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])', true],
  ['format.dns1123Label().validate("my-name").hasValue()', false],
  ['format.named("dns1123Label").value().validate("No").value().size() > 0', true],
  ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
  ['semver("1.0.0-alpha.1").compareTo(semver("1.0.0")) == -1', true],
  ['math.greatest(1, 2.5) == 2.5 && math.abs(-3) == 3 && math.bitAnd(6, 3) == 2', true],
  ['string(base64.decode(base64.encode(b"hi")))', 'hi'],
  ['[{"n": 2}, {"n": 1}].sortBy(e, e.n).map(e, e.n)', [1, 2]],
]

test.each(libraries)('[C2] %s', (expression, value) => {
  expect(run(expression)).toEqual(value)
})

test('[C3] variables are JSON, and names that CEL cannot write are found by their escaped form', () => {
  expect(run("status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')", { status })).toBe(true)
  expect(run('status.observedGeneration == metadata.generation', { status, metadata: { generation: 3 } })).toBe(true)
  expect(run('self.a__dash__b + self.__in__', { self: { 'a-b': 1, in: 2 } })).toBe(3)
  expect(run('x', { x: null })).toBe(null)
})

test('[C4] what cannot be compiled says where', () => {
  expect(run('1 +')).toContain("CelSyntax: ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>'")
  expect(run('a && nothing', { a: true })).toBe(
    "CelSyntax: ERROR: <input>:1:6: undeclared reference to 'nothing' (in container '')\n | a && nothing\n | .....^",
  )
  expect(run('"a".explode()')).toContain("undeclared reference to 'explode'")
  expect(run('has(1)')).toContain('invalid argument to has() macro')
})

test('[C8] schemas let members and comparisons be checked when compiling', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' }, list: { type: 'array', items: { type: 'integer' } } },
  }
  const compile = (expression: string, result?: 'bool'): string => {
    const program = compileCel(expression, {
      variables: ['self'],
      schemas: { self: schema },
      ...(result === undefined ? {} : { result }),
    })
    return program.ok ? 'ok' : program.failure.message
  }
  expect(compile('self.b == 1')).toBe("ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^")
  expect(compile('self.list.all(x, x.y == 1)')).toContain("type 'int' does not support field selection")
  expect(compile('self.a == 1')).toContain("found no matching overload for '_==_' applied to '(string, int)'")
  expect(compile('self.a', 'bool')).toBe('cel expression must evaluate to a bool')
  expect(compile('self.a.size() == 1 && has(self.list)', 'bool')).toBe('ok')
})

test('[C5] what fails at run time is a failure', () => {
  expect(run('self.b', { self: { a: 1 } })).toBe('CelRuntime: no such key: b')
  expect(run('1 / 0')).toBe('CelRuntime: division by zero')
  expect(run('9223372036854775807 + 1')).toBe('CelRuntime: integer overflow')
  expect(run('x + 1', { x: 'a' })).toBe('CelRuntime: no such overload: _+_(string, int)')
  expect(run('[1][3]')).toBe('CelRuntime: index out of bounds: 3')
})

test('[C6] an evaluation ends within its budget, and a regular expression in linear time', () => {
  const items = Array.from({ length: 100 }, (_item, at) => at)
  const program = compileCel('x.all(a, x.all(b, x.all(c, a + b + c >= 0)))', { variables: ['x'], maxSteps: 10_000 })
  expect(program.ok && program.value.evaluate({ x: items })).toMatchObject({ failure: { code: 'CelBudget' } })
  expect(run('s.matches("^(a+)+$")', { s: `${'a'.repeat(20_000)}b` })).toBe(false)
  expect(run(`${'('.repeat(300)}1${')'.repeat(300)}`)).toContain('recursion limit')
})

test('[C7] any text compiles or fails, and any value evaluates or fails', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('ab12.()[]{}?:&|!=<>+-*/%"\' ,in')), maxLength: 30 })
  fc.assert(
    fc.property(text, fc.jsonValue(), (expression, value) => {
      const program = compileCel(expression, { variables: ['a', 'b'] })
      if (program.ok) program.value.evaluate({ a: value, b: 1 })
      else expect(program.failure.code).toBe('CelSyntax')
    }),
    { numRuns: 2000 },
  )
})
