import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { main } from '../main.ts'

/** A server of schema documents by path. */
async function serve(documents: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer((request, response) => {
    const found = documents[request.url ?? '']
    if (typeof found === 'string') response.writeHead(302, { location: found })
    else response.writeHead(found === undefined ? 404 : 200)
    response.end(JSON.stringify(found ?? 'gone'))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function template(schema: unknown, values: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-schema-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: c\nversion: 1.0.0\n')
  writeFileSync(path.join(folder, 'values.yaml'), 'a: 1\nt: 1\n')
  writeFileSync(path.join(folder, 'values.schema.json'), JSON.stringify(schema))
  let err = ''
  const io = { cwd: folder, env: {}, isTerminal: false, columns: 80, stdout: () => undefined }
  await main(['helm', 'template', '.', '--set', values], { ...io, stderr: (text) => (err += text) })
  return err
}

const refused = (why: string): string =>
  `Error: values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n${why}\n`

test('schemas of other places are fetched, with those that they lead to, and warnings are told once', async () => {
  const url = await serve({
    '/a.json': '/moved.json',
    '/moved.json': { definitions: { s: { $ref: 'more/b.json#/s' } } },
    '/more/b.json': { s: { type: 'string' } },
  })
  const schema = { properties: { a: { $ref: `${url}/a.json#/definitions/s` } } }
  const warning = 'level=INFO msg="warning: skipped value for c.t: Not a table."\n'
  expect(await template(schema, 'a=x,t.b=1')).toBe(warning)
  expect(await template(schema, 'a=1,t.b=1')).toBe(warning + refused("- at '/a': got number, want string\n"))
})

test('what cannot be fetched is an error', async () => {
  const url = `${await serve({})}/a.json`
  const problem = `failing loading "${url}": HTTP request to ${url} returned status 404 (Not Found)`
  expect(await template({ properties: { a: { $ref: url } } }, 'a=1')).toBe(refused(problem))
})
