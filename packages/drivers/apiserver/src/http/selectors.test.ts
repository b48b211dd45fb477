import { expect, test } from 'vitest'
import { parseFieldSelector, parseLabelSelector } from './selectors.ts'

const labels = { app: 'web', tier: 'front', 'kubernetes.io/name': 'x', empty: '', n: '5' }

test.each([
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier = front', true],
  ['app=db', false],
  ['app!=db', true],
  ['missing!=db', true],
  ['app!=web', false],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['missing in (db)', false],
  ['app notin (db)', true],
  ['missing notin (db)', true],
  ['app notin (web)', false],
  ['kubernetes.io/name=x', true],
  ['empty=', true],
  ['empty in (,a)', true],
  ['n>4', true],
  ['n<5', false],
  ['app,tier,!missing', true],
])('%s', (text, matches) => {
  expect(parseLabelSelector(text)?.(labels)).toBe(matches)
})

test('[L5] the empty selector is none', () => {
  expect(parseLabelSelector('')).toBeUndefined()
})

test.each(['=a', 'a in b', 'a in (b', 'a=b c', 'a=b,', '!', 'a/b/c=d', '-a=b'])('%s is refused', (text) => {
  expect(() => parseLabelSelector(text)).toThrow()
})

test('[L5] field selectors have terms with = and !=, and escapes', () => {
  expect(parseFieldSelector(String.raw`metadata.name=a,status.phase!=Running,x==b\,c`)).toEqual([
    { field: 'metadata.name', value: 'a', equal: true },
    { field: 'status.phase', value: 'Running', equal: false },
    { field: 'x', value: 'b,c', equal: true },
  ])
})
