import type { Io } from '../io.ts'
import type { Flags } from './parse-flags.ts'

/** Colours a text as helm does; `status` picks the colour by what the status is. */
export type HelmPaint = (style: 'bold' | 'cyan' | 'status', text: string) => string

/** A painter that obeys `--color` (`never`, `auto`, `always`), NO_COLOR and HELM_COLOR. */
export function helmPaint(flags: Flags, io: Io): HelmPaint {
  const mode = flags.text('color') || flags.text('colour') || (io.env['HELM_COLOR'] ?? 'auto').toLowerCase()
  // NO_COLOR is stronger than the flag.
  const denied = (io.env['NO_COLOR'] ?? '') !== ''
  const coloured = !denied && (mode === 'always' || (mode !== 'never' && io.isTerminal))
  return (style, text) => {
    const code = style === 'bold' ? 1 : style === 'cyan' ? 36 : statusColour(text)
    if (!coloured || code === undefined) return text
    return `\u001b[${code}m${text}\u001b[${style === 'bold' ? 22 : 0}m`
  }
}

function statusColour(status: string): number | undefined {
  if (status === 'deployed') return 32
  if (status === 'failed' || status === 'unknown') return 31
  return status.startsWith('pending-') || status === 'uninstalling' ? 33 : undefined
}
