import { FailureError } from '@kedge/base'
import { plainJson, printGoJson, type GoJson } from '@kedge/helm'
import { printYaml } from '@kedge/yaml'
import type { Io } from '../io.ts'
import { globalFlags, parseHelmFlags } from './global-flags.ts'
import { parseWhole, type FlagSpec, type Flags } from './parse-flags.ts'
import { tellingFailures } from './tell-failure.ts'

/** What a helm command is called with and what its help says. */
export interface CommandSpec {
  /** `helm get values`. */
  readonly name: string
  /** `RELEASE_NAME`, `[CHART]` where it may be left out; empty for none. */
  readonly argument: string
  /** The argument as helm's usage line writes it, where that is another way. */
  readonly shownArgument?: string
  readonly flags: Readonly<Record<string, FlagSpec>>
}

/** Reads a command line, answers --help, and tells of failures as helm does: `Error: …` and exit code 1. */
export async function runCommand(
  spec: CommandSpec,
  call: { readonly args: readonly string[]; readonly io: Io },
  run: (flags: Flags) => Promise<void>,
): Promise<number> {
  return tellingFailures(call.io, async () => {
    const flags = parseHelmFlags(call.args, spec.flags, call.io)
    if (flags.boolean('help')) call.io.stdout(help(spec))
    else {
      checkArguments(spec, flags)
      await run(flags)
    }
    return 0
  })
}

/** A command that others stand below, called without one of them: it says what there is, and is content. */
export function runGroup(
  text: string,
  { args, io }: { readonly args: readonly string[]; readonly io: Io },
): Promise<number> {
  return tellingFailures(io, () => {
    parseHelmFlags(args, {}, io)
    io.stdout(text)
    return 0
  })
}

function help(spec: CommandSpec): string {
  const lines = Object.entries({ ...spec.flags, ...globalFlags }).map(
    ([name, { short }]) => `  ${short === undefined ? '    ' : `-${short}, `}--${name}\n`,
  )
  return `${usage(spec).trimStart()}\n\nFlags:\n${lines.join('')}`
}

function usage({ name, argument, shownArgument = argument }: CommandSpec): string {
  return `Usage:  ${name}${shownArgument === '' ? '' : ` ${shownArgument}`} [flags]`
}

function checkArguments(spec: CommandSpec, flags: Flags): void {
  const wanted = spec.argument === '' || spec.argument.startsWith('[') ? 0 : 1
  const given = flags.positionals.length
  if (given === wanted) return
  if (spec.argument.startsWith('[') && given > 0) return
  const problem = wanted === 0 ? 'accepts no arguments' : 'requires 1 argument'
  throw helmFailure(`"${spec.name}" ${problem}\n\n${usage(spec)}`)
}

/** A failure in helm's own words. */
export function helmFailure(message: string): FailureError {
  return new FailureError({ code: 'HelmFailed', message })
}

/** `-o`, as helm's commands with several output forms take it. */
export const outputFlags: Readonly<Record<string, FlagSpec>> = {
  output: { kind: 'text', short: 'o', value: 'output' },
}

/** Prints in the form that `-o` asks for; `table` makes the text of the default one. */
export function printOutput(
  flags: Flags,
  io: Io,
  forms: { readonly json: GoJson; readonly table: () => string },
): void {
  const format = flags.text('output')
  if (format === 'json') io.stdout(`${printGoJson(forms.json)}\n`)
  else if (format === 'yaml') io.stdout(printYaml(plainJson(forms.json)))
  else if (format === '' || format === 'table') io.stdout(forms.table())
  else throw helmFailure(`invalid argument "${format}" for "-o, --output" flag: invalid format type`)
}

/** A flag that is a whole number, which was checked when the line was read. */
export function wholeFlag(flags: Flags, name: string, fallback: number): number {
  const text = flags.text(name)
  if (text === '') return fallback
  return Number(parseWhole(text) ?? fallback)
}
