import { open, stat, watch } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { interrupted } from '../interrupted.ts'
import { painter, type Io, type Paint } from '../io.ts'
import type { ExitCode } from '../main.ts'
import type { LogFlags } from './logs.ts'

/** One line of the engine's log, as JSON on disk. */
export interface LogLine {
  readonly time: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly [field: string]: unknown
}

/** Prints the engine's log; with --follow it goes on until interrupted. */
export async function runLogs(flags: LogFlags, io: Io): Promise<ExitCode> {
  const file = path.resolve(io.cwd, flags.dataDir, 'kedge.log')
  const paint = painter(io)
  const show = (text: string, last?: number): void => {
    const lines = text
      .split('\n')
      .flatMap(parseLine)
      .filter((line) => fits(line, flags))
    for (const line of last === undefined ? lines : lines.slice(-last))
      io.stdout(flags.output === 'json' ? `${JSON.stringify(line)}\n` : printLine(line, paint))
  }
  const first = await readFrom(file, 0)
  show(first.text, flags.tail === undefined ? undefined : Number(flags.tail))
  if (flags.follow !== true) return 0
  const stop = new AbortController()
  void interrupted().then(() => stop.abort())
  await follow({ file, from: first.end, show, signal: stop.signal })
  return 0
}

async function follow(task: {
  file: string
  from: number
  show: (text: string) => void
  signal: AbortSignal
}): Promise<void> {
  let end = task.from
  try {
    for await (const _ of watch(task.file, { signal: task.signal })) {
      const size = (await stat(task.file)).size
      const more = await readFrom(task.file, size < end ? 0 : end)
      end = more.end
      task.show(more.text)
    }
  } catch (error) {
    if (!task.signal.aborted) throw error
  }
}

/** The whole lines from a place in the file on, and where they end. */
async function readFrom(file: string, from: number): Promise<{ text: string; end: number }> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new FailureError(
      {
        code: 'NoLog',
        message: `there is no engine log at ${file}`,
        fix: 'start the engine with: kedge up (or name its folder with --data-dir)',
      },
      { cause },
    )
  })
  try {
    const { size } = await handle.stat()
    const { buffer } = await handle.read({ buffer: Buffer.alloc(Math.max(0, size - from)), position: from })
    const whole = buffer.lastIndexOf(0x0a) + 1
    return { text: buffer.subarray(0, whole).toString('utf8'), end: from + whole }
  } finally {
    await handle.close()
  }
}

function parseLine(text: string): readonly LogLine[] {
  if (text === '') return []
  try {
    return [JSON.parse(text) as LogLine]
  } catch {
    return [{ time: '', level: 'info', message: text }]
  }
}

function fits(line: LogLine, flags: LogFlags): boolean {
  const same = (wanted: string | undefined, value: string | undefined) =>
    wanted === undefined || wanted.toLowerCase() === value?.toLowerCase()
  return (
    same(flags.level, line.level) &&
    same(flags.kind, line.kind) &&
    same(flags.name, line.name) &&
    same(flags.namespace, line.namespace)
  )
}

function printLine(line: LogLine, paint: Paint): string {
  const colour = line.level === 'error' ? 'red' : line.level === 'warn' ? 'yellow' : 'dim'
  const about = line.kind === undefined ? '' : ` ${line.kind}/${line.namespace ?? ''}/${line.name ?? ''}`
  return `${line.time} ${paint(colour, line.level)}${about} - ${line.message}\n`
}
