import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandsPage } from './commands-page.ts'

test('the page of commands says what the command tree says', () => {
  expect(readFileSync('docs/reference/commands.md', 'utf8'), 'run: node tools/commands-page.ts').toBe(commandsPage())
})
