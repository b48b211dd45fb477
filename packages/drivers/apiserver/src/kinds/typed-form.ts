import type { Draft } from '../contracts.ts'
import { protobufMessages, type MessageField } from '../schema/load.ts'
import { asDraft } from './draft.ts'
import { canonicalQuantity } from './quantity.ts'

/** Flags of a message field, as recorded: see protobuf/messages.ts. */
const FLAG = { list: 1, map: 2, inline: 4, always: 16, pointer: 32 } as const

/** Types whose JSON is not the message's fields, and which are therefore not entered. */
const OPAQUE =
  /\.(IntOrString|FieldsV1|RawExtension|JSON|JSONSchemaProps\w*|Duration|Verbs|ExtraValue|Unknown|ManagedFieldsEntry)$/

interface FieldPlan {
  readonly name: string
  readonly shape: 'message' | 'quantity' | 'time' | 'opaque' | 'string' | 'number' | 'boolean'
  readonly message: string
  readonly flags: number
}

const plans = new Map<string, readonly FieldPlan[]>()

/**
 * Brings a built-in object into the form in which the server encodes its Go type: nulls and empty optional values go,
 * nested values that are no pointers appear as `{}`, required numbers as 0, quantities in canonical form.
 */
export function toTypedForm(message: string, draft: Draft): void {
  for (const field of planOf(message)) settle(field, draft)
}

/** Whether the recorded data knows a message. */
export function hasTypedForm(message: string): boolean {
  return protobufMessages()[message] !== undefined
}

function planOf(message: string): readonly FieldPlan[] {
  const known = plans.get(message)
  if (known !== undefined) return known
  const plan: FieldPlan[] = []
  for (const field of Object.values(protobufMessages()[message] ?? {})) {
    if ((field[2] & FLAG.inline) !== 0) plan.push(...planOf(field[1]))
    else plan.push(planField(field))
  }
  plans.set(message, plan)
  return plan
}

function planField([name, type, flags]: MessageField): FieldPlan {
  return { name, shape: shapeOf(type), message: type, flags }
}

function shapeOf(type: string): FieldPlan['shape'] {
  if (type === 'string' || type === 'bytes') return 'string'
  if (type === 'bool') return 'boolean'
  if (type === 'int32' || type === 'int64' || type === 'double') return 'number'
  if (type.endsWith('.Quantity')) return 'quantity'
  if (type.endsWith('.Time') || type.endsWith('.MicroTime')) return 'time'
  return OPAQUE.test(type) ? 'opaque' : 'message'
}

function settle(field: FieldPlan, draft: Draft): void {
  const raw = draft[field.name]
  const value = raw ?? undefined
  if ((field.flags & (FLAG.list | FLAG.map)) !== 0) {
    settleCollection(field, draft, value)
    return
  }
  if (value !== undefined) {
    settlePresent(field, draft, value)
    return
  }
  const isTimeValue = field.shape === 'time' && (field.flags & FLAG.pointer) === 0
  if (raw === null && !isTimeValue) delete draft[field.name]
  settleAbsent(field, draft)
}

function settleCollection(field: FieldPlan, draft: Draft, value: unknown): void {
  const size = Array.isArray(value) ? value.length : Object.keys(asDraft(value) ?? {}).length
  if (size === 0) {
    if ((field.flags & FLAG.always) === 0) delete draft[field.name]
    else assign(draft, field.name, null)
    return
  }
  if (field.shape !== 'message' && field.shape !== 'quantity') return
  if (Array.isArray(value)) {
    for (const item of value) if (asDraft(item) !== undefined) toTypedForm(field.message, item as Draft)
    return
  }
  const map = value as Draft
  for (const key of Object.keys(map)) {
    if (field.shape === 'quantity') assign(map, key, canonicalQuantity(map[key]))
    else if (asDraft(map[key]) !== undefined) toTypedForm(field.message, map[key] as Draft)
  }
}

function settleAbsent(field: FieldPlan, draft: Draft): void {
  if ((field.flags & FLAG.pointer) !== 0) return
  const always = (field.flags & FLAG.always) !== 0
  switch (field.shape) {
    case 'message': {
      const made: Draft = {}
      draft[field.name] = made
      toTypedForm(field.message, made)
      return
    }
    case 'time':
      if (field.name !== 'creationTimestamp') assign(draft, field.name, null)
      return
    case 'quantity':
      draft[field.name] = '0'
      return
    case 'string':
      if (always) draft[field.name] = ''
      return
    case 'number':
      if (always) draft[field.name] = 0
      return
    case 'boolean':
      if (always) draft[field.name] = false
      return
    case 'opaque':
      return
  }
}

function settlePresent(field: FieldPlan, draft: Draft, value: unknown): void {
  if (field.shape === 'message') {
    const nested = asDraft(value)
    if (nested !== undefined) toTypedForm(field.message, nested)
    return
  }
  if (field.shape === 'quantity') {
    assign(draft, field.name, canonicalQuantity(value))
    return
  }
  const optionalValue = (field.flags & (FLAG.pointer | FLAG.always)) === 0
  if (optionalValue && (value === '' || value === 0 || value === false)) delete draft[field.name]
}

/** Writes only what changes: parts that are in form already may be shared with a stored object. */
function assign(draft: Draft, key: string, value: unknown): void {
  if (draft[key] !== value) draft[key] = value
}
