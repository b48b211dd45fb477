import { field, textField } from './api-answer.ts'

/** What writes were answered with, so that the watch events that repeat it need not be decoded again. */
export interface Echoes {
  /** Keeps an answer that carries an object until its echo comes or room is needed. */
  remember(text: string, body: unknown): void
  /** The watch event in a line that repeats an answer letter by letter; undefined for every other line. */
  recall(line: string): { readonly type: string; readonly object: unknown } | undefined
}

interface Answered {
  readonly text: string
  readonly body: unknown
}

/** Answers whose echo is awaited. */
const maxAnswers = 1_024
/** Characters of all of them. */
const maxCharacters = 4 * 1024 * 1024

const firstVersion = /"resourceVersion":"(\d+)"/

const beginnings = [
  ['ADDED', '{"type":"ADDED","object":'],
  ['MODIFIED', '{"type":"MODIFIED","object":'],
] as const

/** An empty memory of answers. Equal texts decode to equal values, so an echo can never be mistaken. */
export function createEchoes(): Echoes {
  const answers = new Map<string, Answered>()
  let characters = 0

  function forget(version: string, answer: Answered): void {
    answers.delete(version)
    characters -= answer.text.length
  }

  return {
    remember(text, body) {
      const version = textField(field(body, 'metadata'), 'resourceVersion')
      if (version === undefined) return
      const old = answers.get(version)
      if (old !== undefined) forget(version, old)
      const answer = { text: text.trimEnd(), body }
      answers.set(version, answer)
      characters += answer.text.length
      for (const [oldest, first] of answers) {
        if (answers.size <= maxAnswers && characters <= maxCharacters) break
        forget(oldest, first)
      }
    },
    recall(line) {
      const version = answers.size === 0 ? undefined : firstVersion.exec(line)?.[1]
      const answer = version === undefined ? undefined : answers.get(version)
      if (version === undefined || answer === undefined) return undefined
      for (const [type, beginning] of beginnings) {
        const isEcho =
          line.length === beginning.length + answer.text.length + 1 &&
          line.startsWith(beginning) &&
          line.endsWith('}') &&
          line.startsWith(answer.text, beginning.length)
        if (!isEcho) continue
        forget(version, answer)
        return { type, object: answer.body }
      }
      return undefined
    },
  }
}
