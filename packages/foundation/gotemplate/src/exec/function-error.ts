/** What a function called from a template returns as its error. The call's place is added where it was called. */
export class FunctionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FunctionError'
  }
}
