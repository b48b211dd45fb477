import { YamlError } from './yaml-error.ts'

/** A scanner's error: it began at `contextLine` (from 0) and was seen at `line`; Go names the first of them that is not 0. */
export function scannerError(message: string, contextLine: number, line: number): YamlError {
  const chosen = contextLine !== 0 ? contextLine : line
  return new YamlError({
    message,
    line: line + 1,
    goLine: chosen === 0 ? 0 : chosen + 1,
    seenGoLine: line === 0 ? 0 : line + 1,
  })
}

/** A parser's error; Go prints its line one too low, and so do we, for the same texts. */
export function parserError(message: string, contextLine: number, line: number): YamlError {
  return new YamlError({ message, line: line + 1, goLine: contextLine !== 0 ? contextLine : line, seenGoLine: line })
}
