/** The real thing: a Go program that answers cases, one a line. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Case } from './case.ts'

/** What a case gave: bytes in base64, for they may be no text. */
export interface Answer {
  readonly out?: string
  readonly err?: string
  /** Go's own panic, which ends the program that calls it. */
  readonly panic?: string
}

/** Answers cases; a program that a case ended is started anew. */
export class Oracle {
  readonly #program: string
  #child: ChildProcessWithoutNullStreams | undefined
  #lines: AsyncIterator<string> | undefined
  #reader: Interface | undefined

  constructor(program: string) {
    this.#program = program
  }

  /** The answers to some cases, in order; those of a batch that ended the program are asked one by one. */
  async answer(cases: readonly Case[]): Promise<readonly Answer[]> {
    const answers = await this.#ask(cases)
    if (answers !== undefined) return answers
    if (cases.length === 1) return [{ panic: 'the program ended' }]
    const singly: Answer[] = []
    for (const one of cases) singly.push(...(await this.answer([one])))
    return singly
  }

  close(): void {
    this.#reader?.close()
    // It ends, and takes its folder away, when nothing more is asked.
    this.#child?.stdin.end()
    this.#child = undefined
  }

  async #ask(cases: readonly Case[]): Promise<readonly Answer[] | undefined> {
    const child = this.#started()
    child.stdin.write(cases.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const answers: Answer[] = []
    while (answers.length < cases.length) {
      const line = await this.#lines?.next()
      if (line === undefined || line.done === true) {
        this.close()
        return undefined
      }
      // Some of helm's messages go to the standard output past its writer.
      if (line.value.startsWith('{"')) answers.push(JSON.parse(line.value) as Answer)
    }
    return answers
  }

  #started(): ChildProcessWithoutNullStreams {
    if (this.#child !== undefined) return this.#child
    const child = spawn(this.#program, [], { env: { PATH: '', HOME: '/nonexistent', TZ: 'UTC', GOMEMLIMIT: '2GiB' } })
    child.stdin.on('error', () => undefined)
    child.stderr.resume()
    this.#reader = createInterface({ input: child.stdout })
    this.#lines = this.#reader[Symbol.asyncIterator]()
    this.#child = child
    return child
  }
}
