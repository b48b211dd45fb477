import { expect, test } from 'vitest'
import { commandOf } from './command-line.ts'
import { suggestions } from './suggestions.ts'

test.each([
  [[], '', []],
  [['template', 'web'], 'template', ['web']],
  [['--debug', 'template', 'web'], 'template', ['--debug', 'web']],
  [['-n', 'prod', 'list'], 'list', ['-n', 'prod']],
  [['-nprod', 'list', '-q'], 'list', ['-nprod', '-q']],
  [['--namespace=prod', 'list'], 'list', ['--namespace=prod']],
  [['--unknown', 'list', 'get'], 'get', ['--unknown', 'list']],
  [['-h', 'list'], 'list', ['-h']],
  [['--', 'list'], '', ['--', 'list']],
  [['get', 'get'], 'get', ['get']],
])('the command of %j is %j', (args, name, rest) => {
  expect(commandOf(args)).toEqual({ name, rest })
})

test.each([
  ['templat', ['template']],
  ['tempalte', ['template']],
  ['LIST', ['lint', 'list']],
  ['s', ['show']],
  ['frobnicate', []],
])('%j may mean %j', (word, wanted) => {
  expect(suggestions(word, ['template', 'list', 'lint', 'history', 'show'])).toEqual(wanted)
})
