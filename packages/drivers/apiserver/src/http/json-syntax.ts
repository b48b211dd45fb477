/** Text that is not JSON; `reason` is worded as the real server's decoder does. */
export class JsonSyntaxError extends Error {
  readonly reason: string
  readonly text: string

  constructor(text: string, reason: string) {
    super(reason)
    this.name = 'JsonSyntaxError'
    this.text = text
    this.reason = reason
  }
}

const places: readonly (readonly [found: RegExp, place: string])[] = [
  [/property name/, 'looking for beginning of object key string'],
  [/':' after/, 'after object key'],
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
  [/after JSON/, 'after top-level value'],
]

/** Reads JSON. Throws JsonSyntaxError. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonSyntaxError(text, describe(text, error instanceof Error ? error.message : ''))
  }
}

function describe(text: string, message: string): string {
  if (text.trim() === '' || /end of JSON/.test(message)) return 'unexpected end of JSON input'
  const position = /position (\d+)/.exec(message)?.[1]
  const token = /token '(.)'/su.exec(message)?.[1]
  const character = position === undefined ? (token ?? '') : (text[Number(position)] ?? '')
  const place = places.find(([found]) => found.test(message))?.[1] ?? 'looking for beginning of value'
  return `invalid character '${character}' ${place}`
}
