/** A JSON object without inherited fields, so that keys such as `__proto__` and `constructor` are keys like others. */
export type JsonObject = Record<string, unknown>

interface BareConstructor {
  new (): JsonObject
}

const Bare = makeBare()

function makeBare(): BareConstructor {
  // A constructor, unlike Object.create(null), lets engines keep such objects in their fast representation.
  const constructor = function Bare() {} as unknown as BareConstructor
  Object.defineProperty(constructor, 'prototype', { value: Object.freeze(Object.create(null)) })
  return constructor
}

/** A new JsonObject. */
export function emptyObject(): JsonObject {
  return new Bare()
}
