/** Where a command reads from and writes to: stdout is for data, stderr for talk. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether stdout is a terminal that may be redrawn and coloured. */
  readonly isTerminal: boolean
  readonly columns: number
}

/** The process's own streams. Colour and redrawing are off when NO_COLOR is set or stdout is no terminal. */
export function processIo(): Io {
  // Whoever reads us may stop early, as head does; that is no error of ours.
  if (!process.stdout.listeners('error').includes(endQuietly)) process.stdout.on('error', endQuietly)
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
    env: process.env,
    isTerminal: process.stdout.isTTY && process.env['TERM'] !== 'dumb',
    columns: process.stdout.columns ?? 120,
  }
}

function endQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 2)
}

export type Paint = (style: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string) => string

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

/** Colours text when the output wants it: FORCE_COLOR wins over NO_COLOR, which wins over the terminal. */
export function painter(io: Io): Paint {
  const forced = io.env['FORCE_COLOR'] !== undefined && io.env['FORCE_COLOR'] !== '0'
  const denied = io.env['NO_COLOR'] !== undefined && io.env['NO_COLOR'] !== ''
  const coloured = forced || (io.isTerminal && !denied)
  return (style, text) => (coloured ? `\u001b[${codes[style]}m${text}\u001b[0m` : text)
}
