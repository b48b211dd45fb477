import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { helmCommand } from '../verbs/helm.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'kedge-explain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files: Readonly<Record<string, string>> = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'web/values.yaml': 'replicas: 1\n',
  'web/templates/a.yaml': 'kind: A\nmetadata:\n  name: x\nspec:\n  replicas: {{ .Values.replicas }}\n',
  'prod.yaml': '# more\nreplicas: 2\n',
}
for (const [name, text] of Object.entries(files)) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
  writeFileSync(path.join(folder, name), text)
}

async function template(...words: readonly string[]): Promise<string> {
  let text = ''
  await helmCommand(['template', 'rel', 'web', ...words], {
    stdout: (more) => void (text += more),
    stderr: (more) => void (text += more),
    cwd: folder,
    env: { HOME: folder },
    isTerminal: false,
    columns: 100,
  })
  return text
}

test('every line is printed with where it comes from', async () => {
  expect(await template('--explain')).toBe(`1 ---
2 # Source: web/templates/a.yaml
3 kind: A                         # web/templates/a.yaml:1
4 metadata:                       # web/templates/a.yaml:2
5   name: x                       # web/templates/a.yaml:3
6 spec:                           # web/templates/a.yaml:4
7   replicas: 1                   # web/templates/a.yaml:5 ← .Values.replicas (web/values.yaml:1)
`)
})

test.each([['7'], ['A/x:spec.replicas']])('%s is told in full', async (wanted) => {
  const flags = ['-f', 'prod.yaml', '--set', 'replicas=3']
  expect(await template(...flags, '--explain', wanted)).toBe(`line 7: replicas: 3
"replicas:"
  literal in web/templates/a.yaml:5  replicas: {{ .Values.replicas }}
"3"
  printed by web/templates/a.yaml:5  replicas: {{ .Values.replicas }}
  value      .Values.replicas = 3
    from     --set replicas=3
    over     prod.yaml:2  2
    over     web/values.yaml:1 (default)  1
`)
})

test.each([
  ['99', 'the output has no line 99'],
  ['B/x:spec', 'the output has no B x: give KIND/NAME:PATH or the number of a line'],
  ['A/x:spec.nope', 'A/x has no field spec.nope'],
])('%s fails: %s', async (wanted, message) => {
  expect(await template('--explain', wanted)).toContain(message)
})
