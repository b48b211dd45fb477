import { globalFlags } from './global-flags.ts'

/** A command's name, empty where there is none, and the words besides it. */
export interface CommandLine {
  readonly name: string
  readonly rest: readonly string[]
}

/**
 * Finds the command on a line, before which flags may stand. As in helm's command line, a flag that is not known takes
 * the word behind it for its value, and behind `--` nothing is a command.
 */
export function commandOf(args: readonly string[]): CommandLine {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    if (word === '--') break
    if (word === '' || (word.startsWith('-') && word !== '-')) {
      if (takesNextWord(word)) at += 1
    } else {
      return { name: word, rest: args.toSpliced(at, 1) }
    }
  }
  return { name: '', rest: args }
}

function takesNextWord(word: string): boolean {
  if (word.includes('=')) return false
  if (word.startsWith('--')) {
    const name = word.slice(2)
    return !Object.hasOwn(globalFlags, name) || globalFlags[name]?.kind !== 'boolean'
  }
  // Only one letter by itself takes the next word: `-nx` has its value already.
  const isBoolean = Object.values(globalFlags).some(({ short, kind }) => `-${short}` === word && kind === 'boolean')
  return word.length === 2 && !isBoolean
}
