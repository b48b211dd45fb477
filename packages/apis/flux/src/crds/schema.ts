/** A node of an OpenAPI v3 schema, as CustomResourceDefinitions hold it. */
export type Schema = Readonly<Record<string, unknown>>

/** Flux's interval grammar. */
export const intervalPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'
/** Flux's timeout grammar of sources: no hours. */
export const timeoutPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$'

export function text(description: string, rules: Schema = {}): Schema {
  return { type: 'string', description, ...rules }
}

export function flag(description: string, rules: Schema = {}): Schema {
  return { type: 'boolean', description, ...rules }
}

export function integer(description: string, rules: Schema = {}): Schema {
  return { type: 'integer', format: 'int64', description, ...rules }
}

export function time(description: string): Schema {
  return { type: 'string', format: 'date-time', description }
}

export function choice(description: string, values: readonly string[], rules: Schema = {}): Schema {
  return { type: 'string', enum: values, description, ...rules }
}

export function list(description: string, items: Schema, rules: Schema = {}): Schema {
  return { type: 'array', description, items, ...rules }
}

export function texts(description: string): Schema {
  return list(description, { type: 'string' })
}

export function map(description: string): Schema {
  return { type: 'object', description, additionalProperties: { type: 'string' } }
}

export function record(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  rules: Schema & { readonly required?: readonly string[] } = {},
): Schema {
  return { type: 'object', description, properties, ...rules }
}

/** A reference by name to an object in the same namespace. */
export function nameRef(description: string): Schema {
  return record(description, { name: text('Name of the referent.') }, { required: ['name'] })
}

/** A reference by namespace and name. */
export function namespacedRef(description: string, kinds: readonly string[]): Schema {
  const properties = {
    apiVersion: text('API version of the referent.'),
    kind: choice('Kind of the referent.', kinds),
    name: text('Name of the referent.'),
    namespace: text("Namespace of the referent; the object's own when not set."),
  }
  return record(description, properties, { required: ['kind', 'name'] })
}

/** What `status.conditions` holds. */
export function conditionsSchema(): Schema {
  const properties = {
    lastTransitionTime: time('When the condition last changed.'),
    message: text('What it means, for people.', { maxLength: 32_768 }),
    observedGeneration: integer('The generation that the condition speaks of.', { minimum: 0 }),
    reason: text('Why, in one word for programs.', {
      maxLength: 1024,
      minLength: 1,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    status: choice('Whether it holds.', ['True', 'False', 'Unknown']),
    type: text('What is judged.', {
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
  }
  const required = ['lastTransitionTime', 'message', 'reason', 'status', 'type']
  return list('How the object stands.', record('One judgement.', properties, { required }))
}

/** What `status.artifact` of a source holds. */
export function artifactSchema(): Schema {
  const properties = {
    digest: text('`<algorithm>:<hex>` of the file.', { pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$' }),
    lastUpdateTime: time('When this artifact was made.'),
    metadata: map('What the upstream says of the artifact.'),
    path: text('Path of the file below the address of the artifact server.'),
    revision: text('Name of the revision, for people and programs.'),
    size: integer('Bytes of the file.'),
    url: text('Where the file can be had over HTTP.'),
  }
  const required = ['digest', 'lastUpdateTime', 'path', 'revision', 'url']
  return record('What the last successful fetch produced.', properties, { required })
}
