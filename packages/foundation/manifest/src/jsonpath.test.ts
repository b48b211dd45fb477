import { expect, test } from 'vitest'
import { compileJsonPath, compileJsonPathColumn } from './jsonpath.ts'

const object = {
  metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'shop' } },
  spec: {
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 443 },
      { name: 'c', port: 8080 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'False', message: 'not yet' },
      { type: 'Healthy', status: 'True' },
    ],
  },
}

test.each([
  ['{.metadata.name}', 'web'],
  ['{$.metadata.name}', 'web'],
  ['{metadata.name}', 'web'],
  ["{.metadata['name']}", 'web'],
  ['{.metadata.labels.app\\.kubernetes\\.io/name}', 'shop'],
  ["{.metadata.labels['app\\.kubernetes\\.io/name']}", 'shop'],
  ['{.spec.ports[0].port}', '80'],
  ['{.spec.ports[-1].port}', '8080'],
  ['{.spec.ports[0:2].port}', '80 443'],
  ['{.spec.ports[0,2].port}', '80 8080'],
  ['{.spec.ports[*].name}', 'a b c'],
  ['{..port}', '80 443 8080'],
  ['{.status.conditions[?(@.type=="Ready")].message}', 'not yet'],
  ["{.status.conditions[?(@.type=='Ready')].status}", 'False'],
  ['{.spec.ports[?(@.port>=443)].name}', 'b c'],
  ['{.status.conditions[?(@.message)].type}', 'Ready'],
  ['{.missing.field}', ''],
  ['{.metadata.labels}', '{"app.kubernetes.io/name":"shop"}'],
  ['{range .spec.ports[*]}{.name}{"="}{.port}{"\\n"}{end}', 'a=80\nb=443\nc=8080\n'],
  ['name: {.metadata.name}!', 'name: web!'],
])('%s prints %j', (template, printed) => {
  expect(compileJsonPath(template).print(object)).toBe(printed)
})

test('a column path needs no braces and gives values', () => {
  expect(compileJsonPathColumn('.spec.ports[*].port').values(object)).toEqual([80, 443, 8080])
})

test.each(['{.a', '{range .a}', '{end}', '{.a[}', '{.a[?(@.b==]}', "{.a['b]}"])('%s is malformed', (template) => {
  expect(() => compileJsonPath(template)).toThrow(/malformed/)
})
