import type { Standing } from '@kedge/agent'
import { painter, type Io } from '../io.ts'
import { formatTable } from '../output/table.ts'

export type { Standing }

/** Shows how everything stands, each time it changed. */
export interface View {
  update(standings: readonly Standing[]): void
  /** Leaves the last picture standing and goes on below it. */
  finish(): void
}

/** A table that is redrawn in place on a terminal, and one plain line a change elsewhere. */
export function createView(io: Io): View {
  return io.isTerminal ? terminalView(io) : plainView(io)
}

function terminalView(io: Io): View {
  let height = 0
  let last = ''
  return {
    update: (standings) => {
      const text = renderTable(standings, io)
      if (text === last) return
      const up = height === 0 ? '' : `\u001b[${height}A\u001b[0J`
      io.stdout(up + text)
      height = text.split('\n').length - 1
      last = text
    },
    finish: () => {
      height = 0
      last = ''
    },
  }
}

function plainView(io: Io): View {
  const shown = new Map<string, string>()
  return {
    update: (standings) => {
      for (const standing of standings) {
        const id = `${standing.kind}/${standing.namespace}/${standing.name}`
        const line = `${id} ${wordFor(standing)}${standing.message === '' ? '' : `: ${standing.message}`}`
        if (shown.get(id) === line) continue
        shown.set(id, line)
        io.stdout(`${line}\n`)
      }
    },
    finish: () => {},
  }
}

const marks = {
  ready: ['green', '✔'],
  progressing: ['yellow', '◌'],
  waiting: ['yellow', '◌'],
  failed: ['red', '✗'],
  suspended: ['dim', '⏸'],
} as const

/** What waits for another object has not failed itself. */
function wordFor(standing: Standing): keyof typeof marks {
  return ['DependencyNotReady', 'SourceNotReady'].includes(standing.reason) ? 'waiting' : standing.state
}

/** The standings as a table, cut to the terminal's width. */
export function renderTable(standings: readonly Standing[], io: Io): string {
  const paint = painter(io)
  const rows = standings.map((standing) => {
    const word = wordFor(standing)
    const [colour, mark] = marks[word]
    return [
      paint(colour, `${mark} ${word}`),
      `${standing.kind}/${standing.name}`,
      shortRevision(standing.revision),
      standing.message,
    ]
  })
  const fixed =
    Math.max(
      0,
      ...standings.map(({ kind, name, revision }) => kind.length + name.length + 1 + shortRevision(revision).length),
    ) +
    14 +
    12
  const room = Math.max(20, io.columns - fixed)
  return formatTable(
    ['STATE', 'OBJECT', 'REVISION', 'MESSAGE'],
    rows.map(([state = '', object = '', revision = '', message = '']) => [
      state,
      object,
      revision,
      message.length > room ? `${message.slice(0, room - 1)}…` : message,
    ]),
  )
}

/** `main@sha1:0123456789abcdef…` as `main@0123456`. */
export function shortRevision(revision: string): string {
  return revision.replace(/(^|@)sha(?:1|256):([0-9a-f]{7})[0-9a-f]*$/, '$1$2')
}
