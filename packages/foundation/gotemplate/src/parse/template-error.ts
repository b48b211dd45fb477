/** A template that cannot be parsed or does not run through; the message is Go's own wording. */
export class TemplateError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'TemplateError'
  }
}
