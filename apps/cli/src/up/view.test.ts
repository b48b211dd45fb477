import { expect, test } from 'vitest'
import type { Io } from '../io.ts'
import { createView, renderTable, shortRevision, type Standing } from './view.ts'

const standing: Standing = {
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
  state: 'ready',
  reason: '',
  revision: 'main@sha1:0123456789abcdef0123456789abcdef01234567',
  message: 'Applied revision: main',
}

function fakeIo(isTerminal: boolean): { io: Io; written: string[] } {
  const written: string[] = []
  return {
    written,
    io: {
      stdout: (text) => void written.push(text),
      stderr: () => {},
      cwd: '/',
      env: { NO_COLOR: '1' },
      isTerminal,
      columns: 70,
    },
  }
}

test('elsewhere than on a terminal each change is one line, and no change is none', () => {
  const { io, written } = fakeIo(false)
  const view = createView(io)
  view.update([{ ...standing, state: 'progressing', message: '' }])
  view.update([{ ...standing, state: 'progressing', message: '' }])
  view.update([standing])
  expect(written).toEqual([
    'Kustomization/flux-system/apps progressing\n',
    'Kustomization/flux-system/apps ready: Applied revision: main\n',
  ])
})

test.each(['DependencyNotReady', 'SourceNotReady'])('what is not ready for %s waits, and has not failed', (reason) => {
  const { io } = fakeIo(false)
  const table = renderTable([{ ...standing, state: 'failed', reason, message: 'not yet' }], io)
  expect(table).toContain('waiting')
  expect(table).not.toContain('failed')
})

test('on a terminal the table is drawn over the one before', () => {
  const { io, written } = fakeIo(true)
  const view = createView(io)
  view.update([standing])
  view.update([{ ...standing, state: 'failed' }])
  expect(written[1]?.startsWith('\u001b[2A\u001b[0JSTATE')).toBe(true)
})

test('long messages are cut to the width', () => {
  const { io } = fakeIo(true)
  const lines = renderTable([{ ...standing, message: 'x'.repeat(200) }], io).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72)
})

test.each([
  ['main@sha1:0123456789abcdef0123456789abcdef01234567', 'main@0123456'],
  ['sha1:0123456789abcdef0123456789abcdef01234567', '0123456'],
  ['', ''],
])('the revision %s reads %s', (revision, short) => {
  expect(shortRevision(revision)).toBe(short)
})
