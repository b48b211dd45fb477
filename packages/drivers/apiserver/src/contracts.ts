/**
 * The seams between the parts of the embedded API server. Types only.
 *
 *   http/      requests, negotiation, routing, watch streams      → calls Storage and ResourceKind
 *   store/     revisions, events, durability                      → knows bytes and keys
 *   schema/    types, unknown fields, pruning, schema defaults    → TypeSystem
 *   apply/     managed fields, server-side apply, patches         → FieldManager
 *   kinds/     what is particular to a kind: defaults, checks     → Strategy
 *   access/    who may do what                                    → Authorizer
 *   controllers/ ordinary clients of the API                      → LocalClient
 */

/** A decoded JSON object that a request may still change. */
export type Draft = Record<string, unknown>

export interface FieldError {
  /** Kubernetes cause reason: FieldValueInvalid, FieldValueRequired, FieldValueForbidden, FieldValueNotSupported, FieldValueDuplicate … */
  readonly reason: string
  /** `spec.selector` */
  readonly field: string
  /** As the real server words it: `Invalid value: "x": field is immutable`. */
  readonly message: string
}

/** One served resource in one version. */
export interface ResourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly resource: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  /** The version objects are stored in and the group-resource whose storage is shared, `events` for events.k8s.io. */
  readonly storage: { readonly group: string; readonly resource: string; readonly version: string }
  readonly subresources: Readonly<Record<string, SubresourceKind>>
  readonly strategy: Strategy
  /** Built-in kinds take strategic merge patches and protobuf; custom ones do not. */
  readonly custom: boolean
  /** Of a custom kind: metadata.generation of its definition; objects stored under an earlier one are defaulted on read. */
  readonly schemaGeneration?: number
  /** Of a custom kind: additionalPrinterColumns. */
  readonly columns?: readonly Readonly<Draft>[]
}

export interface SubresourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
  /** For the scale of a custom kind: paths of plain field names, `.spec.replicas`; `selector` may be empty. */
  readonly scale?: { readonly replicas: string; readonly statusReplicas: string; readonly selector: string }
}

export interface RequestUser {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** What a strategy may look at while it decides. Reads are of the stored state, in the same turn of the event loop. */
export interface StrategyContext {
  readonly user: RequestUser
  readonly nowMs: number
  readonly random: () => number
  readonly dryRun: boolean
  /** Another stored object, read-only. */
  lookup(group: string, resource: string, namespace: string, name: string): Readonly<Draft> | undefined
  /** All stored objects of a resource; of all namespaces when `namespace` is empty. Costs their number: for cold caches. */
  list(group: string, resource: string, namespace: string): Iterable<Readonly<Draft>>
  /** Who may do what, for the escalation check of RBAC writes; absent where nothing is checked. */
  readonly access?: Access
}

/** A write that built-in admission refuses with another answer than 422 Invalid. */
export interface Refusal {
  readonly code: number
  /** `Forbidden`, `Conflict` … */
  readonly reason: string
  /** The whole message of the Status. */
  readonly message: string
  readonly causes?: readonly FieldError[]
}

/**
 * What is particular to a kind. Every method may change the draft it is given, never the old object.
 * Order of a create: applyDefaults, metadata.uid and namespace set, prepareForCreate, admit, validateCreate, store.
 * Order of an update: applyDefaults, prepareForUpdate, admit, validateUpdate, specChanged → generation, store.
 */
export interface Strategy {
  /** Fills absent fields as the server's versioned defaulting does, on create, update and read from a patch. */
  applyDefaults(draft: Draft): void
  /** Before validation of a new object: status cleared, allocated fields set (cluster IP, node port …). */
  prepareForCreate(draft: Draft, context: StrategyContext): void
  /** Before validation of a changed one: status kept from the old one, immutable allocations carried over. */
  prepareForUpdate(draft: Draft, old: Readonly<Draft>, context: StrategyContext): void
  validateCreate(object: Readonly<Draft>, context: StrategyContext): readonly FieldError[]
  validateUpdate(object: Readonly<Draft>, old: Readonly<Draft>, context: StrategyContext): readonly FieldError[]
  /** Whether metadata.generation is kept, and whether the change from old to new bumps it. */
  readonly hasGeneration: boolean
  specChanged(object: Readonly<Draft>, old: Readonly<Draft>): boolean
  /** Fields that a field selector may name, beside metadata.name and metadata.namespace. */
  selectableFields(object: Readonly<Draft>): Readonly<Record<string, string>>
  /** Warnings for the Warning header, such as deprecations. */
  warnings(object: Readonly<Draft>): readonly string[]
  /** Built-in admission of a prepared object (service account, priority class, quota, RBAC escalation). */
  admit?(object: Draft, old: Readonly<Draft> | undefined, context: StrategyContext): Refusal | undefined
  /** Seconds that a deleted object stays for graceful shutdown; 0 removes it at once. Absent: 0. */
  graceSeconds?(object: Readonly<Draft>, requested: number | undefined): number
  /** Changes made with the deletionTimestamp when an object stays after DELETE: phase Terminating of a Namespace. */
  prepareForDelete?(draft: Draft): void
  /** Whether something beside metadata.finalizers keeps a deleted object: spec.finalizers of a Namespace. */
  heldAfterDelete?(object: Readonly<Draft>): boolean
  /** After a write of the status subresource: fills typed empties and fields the server derives. Absent: nothing. */
  prepareStatus?(draft: Draft, old: Readonly<Draft>): void
  /** The same object in another served version of its storage: autoscaling/v1 and v2, v1 and events.k8s.io/v1 Events. */
  convert?(object: Readonly<Draft>, apiVersion: string): Draft
}

/** What the type system says of an object's shape. */
export interface ShapeReport {
  /** Dotted paths of fields no schema declares: `spec.template.spec.containers[0].imag`. */
  readonly unknown: readonly string[]
  /** Values of the wrong type, as the strict decoder words them. */
  readonly mismatches: readonly string[]
}

/** Schemas of all served kinds: the built-in ones from recorded data, the custom ones from their definitions. */
export interface TypeSystem {
  /** Checks types and finds unknown fields. Does not change the object. */
  check(apiVersion: string, kind: string, object: Readonly<Draft>): ShapeReport
  /** Removes unknown fields, as pruning does. */
  prune(apiVersion: string, kind: string, draft: Draft): void
  /** Fills schema defaults (custom kinds only; built-in ones default in their Strategy). */
  applySchemaDefaults(apiVersion: string, kind: string, draft: Draft): void
  /** Full schema validation and CEL rules of a custom kind, with ratcheting where an old object is given. */
  validate(apiVersion: string, kind: string, object: Readonly<Draft>, old?: Readonly<Draft>): readonly FieldError[]
  /** What is wrong with a CustomResourceDefinition's schemas and rules; asked before it is stored. */
  checkDefinition?(crd: Readonly<Draft>): readonly FieldError[]
  /** Takes a CustomResourceDefinition's versions in, or a changed one. Throws FailureError when it is not structural. */
  define(crd: Readonly<Draft>): void
  forget(group: string, kind: string): void
  /** OpenAPI v3 document of one group-version, with descriptions where there are any, ready to serve. */
  openApiV3(groupVersion: string): Draft | undefined
}

export interface ApplyRequest {
  readonly apiVersion: string
  readonly kind: string
  readonly live: Readonly<Draft> | undefined
  readonly applied: Readonly<Draft>
  readonly manager: string
  readonly force: boolean
  readonly subresource: string
  readonly now: string
}

export interface ApplyConflict {
  readonly manager: string
  readonly operation: string
  readonly apiVersion: string
  readonly subresource: string
  readonly field: string
  /** `conflict with "m1" using v1`, as the cause in the answer words it. */
  readonly message: string
}

export type ApplyResult =
  | { readonly kind: 'merged'; readonly object: Draft }
  | { readonly kind: 'conflicts'; readonly message: string; readonly conflicts: readonly ApplyConflict[] }
  /** Malformed in a way that the server answers with `code` (500 for an undeclared field, 400 …). */
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string; readonly message: string }

/** Reads a protobuf body of a built-in kind, `k8s\0` envelope included. Throws FailureError when it is malformed. */
export interface ProtobufCodec {
  decode(bytes: Uint8Array): Draft
}

/** Server-side apply and the bookkeeping of who owns which field. Pure. */
export interface FieldManager {
  /** Merges an applied configuration into the live object and settles ownership; before defaults and validation. */
  apply(request: ApplyRequest): ApplyResult
  /** managedFields of `next` after a create, update or patch by `manager` that changed `live` into it. */
  recordUpdate(request: {
    readonly apiVersion: string
    readonly kind: string
    readonly live: Readonly<Draft> | undefined
    readonly next: Draft
    readonly manager: string
    readonly subresource: string
    readonly now: string
  }): void
  /** Strategic merge patch of a built-in kind. */
  strategicMerge(apiVersion: string, kind: string, target: Readonly<Draft>, patch: Readonly<Draft>): Draft
}

/** Who may do what; the shape of a SubjectAccessReview's attributes. */
export interface AccessAttributes {
  readonly user: RequestUser
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Set for requests that are not for a resource, such as /healthz. */
  readonly path?: string
}

export interface Authorizer {
  authorize(attributes: AccessAttributes): { readonly allowed: boolean; readonly reason: string }
}

/** A rule of a role, as stored. */
export interface AccessRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** RBAC over the stored roles and bindings. The store feeds it in the turn of each write, so that no answer is stale. */
export interface Access extends Authorizer {
  /** Takes in a stored or changed Role, ClusterRole, RoleBinding or ClusterRoleBinding; other kinds are ignored. */
  put(object: Readonly<Draft>): void
  remove(object: Readonly<Draft>): void
  /** The rules that hold for a user in a namespace, as a SelfSubjectRulesReview's status lists them. */
  rulesOf(
    user: RequestUser,
    namespace: string,
  ): { readonly resourceRules: readonly AccessRule[]; readonly nonResourceRules: readonly AccessRule[] }
  /** The message of the 403 for attributes that `authorize` refused. */
  forbiddenMessage(attributes: AccessAttributes): string
  /** Refuses a write of a role or binding that would grant more than its writer holds (verbs escalate and bind). */
  escalation(object: Readonly<Draft>, old: Readonly<Draft> | undefined, user: RequestUser): Refusal | undefined
}

/** An in-process client of the server's own API, as one user: the same chain as over HTTP, without the socket. */
export interface LocalClient {
  request(call: LocalCall): Promise<LocalAnswer>
  /**
   * Streams watch events of a list path, beginning with the present state as ADDED (sendInitialEvents) and one BOOKMARK
   * annotated `k8s.io/initial-events-end`, until closed. After an ERROR event the stream is over; the caller watches anew.
   */
  watch(path: string, onEvent: (event: WatchEvent) => void): { close(): void }
}

export interface LocalCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query, such as `/api/v1/namespaces/default/pods?limit=5`. */
  readonly path: string
  readonly body?: Readonly<Draft> | readonly unknown[]
  /** For PATCH: application/apply-patch+yaml, application/merge-patch+json … */
  readonly contentType?: string
  /** For Tables and partial objects; absent: plain objects. */
  readonly accept?: string
}

export interface LocalAnswer {
  readonly status: number
  readonly body: Draft
  readonly warnings?: readonly string[]
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Readonly<Draft>
}
