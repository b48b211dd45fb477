import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { holderOf, openDataFolder } from './data-folder.ts'

const fresh = async () => path.join(await mkdtemp(path.join(tmpdir(), 'kedge-data-')), 'state')

test('a folder is held by one process and free again afterwards', async () => {
  const folder = await fresh()
  {
    await using held = await openDataFolder(folder)
    expect(await holderOf(folder)).toBe(process.pid)
    expect(await readFile(path.join(held.path, '.gitignore'), 'utf8')).toBe('*\n')
    await expect(openDataFolder(folder)).rejects.toThrow(/another kedge \(process \d+\) runs in .*--data-dir/)
  }
  expect(await holderOf(folder)).toBeUndefined()
})

test('the lock of a process that died is taken over', async () => {
  const folder = await fresh()
  await (await openDataFolder(folder))[Symbol.asyncDispose]()
  await writeFile(path.join(folder, 'lock'), '999999999')
  await using held = await openDataFolder(folder)
  expect((await stat(held.path)).mode & 0o777).toBe(0o700)
})

test('a folder that cannot be made says so', async () => {
  const folder = await fresh()
  await writeFile(path.dirname(folder) + '/file', '')
  await expect(openDataFolder(path.join(path.dirname(folder), 'file', 'x'))).rejects.toThrow(
    /cannot be written.*--data-dir/,
  )
})
