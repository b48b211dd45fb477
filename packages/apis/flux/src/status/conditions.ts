import { isRecord } from '../spec/field-reader.ts'

/** One entry of `status.conditions`. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** A condition as a reconciler states it; time and generation are added when it is set. */
export type Statement = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** Characters that a condition's message may have. */
export const maxConditionMessage = 20_000

/** Types that are present only while they are true. */
const abnormalTrue: ReadonlySet<string> = new Set(['Reconciling', 'Stalled'])
/** Order in the list: Stalled and Reconciling lead, then Ready, then the rest as they came. */
const order = ['Stalled', 'Reconciling', 'Ready', 'Healthy']

/** Reads what the API server holds; entries that are no conditions are left out. */
export function readConditions(status: unknown): readonly Condition[] {
  const list = isRecord(status) ? status['conditions'] : undefined
  if (!Array.isArray(list)) return []
  return list.filter(isCondition)
}

function isCondition(value: unknown): value is Condition {
  return (
    isRecord(value) &&
    typeof value['type'] === 'string' &&
    (value['status'] === 'True' || value['status'] === 'False' || value['status'] === 'Unknown')
  )
}

export interface SetOptions {
  readonly generation: number
  /** RFC 3339 with seconds. */
  readonly now: string
}

/**
 * The list with the statements set (SPEC.md C1 to C5). The transition time changes with status, reason or message;
 * an abnormal-true condition that is stated as not True goes away.
 */
export function setConditions(
  conditions: readonly Condition[],
  statements: readonly Statement[],
  options: SetOptions,
): readonly Condition[] {
  const next = new Map(conditions.map((condition) => [condition.type, condition]))
  for (const statement of statements) {
    if (abnormalTrue.has(statement.type) && statement.status !== 'True') next.delete(statement.type)
    else next.set(statement.type, toCondition(statement, next.get(statement.type), options))
  }
  return [...next.values()].toSorted((a, b) => rank(a) - rank(b))
}

function toCondition(statement: Statement, old: Condition | undefined, options: SetOptions): Condition {
  const message =
    statement.message.length > maxConditionMessage
      ? `${statement.message.slice(0, maxConditionMessage - 3)}...`
      : statement.message
  const same =
    old !== undefined && old.status === statement.status && old.reason === statement.reason && old.message === message
  return {
    type: statement.type,
    status: statement.status,
    reason: statement.reason,
    message,
    lastTransitionTime: same ? old.lastTransitionTime : options.now,
    observedGeneration: options.generation,
  }
}

function rank(condition: Condition): number {
  const at = order.indexOf(condition.type)
  return at < 0 ? order.length : at
}

/** The list without the conditions of these types. */
export function removeConditions(conditions: readonly Condition[], types: readonly string[]): readonly Condition[] {
  return conditions.filter((condition) => !types.includes(condition.type))
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type)
}

export function isTrue(conditions: readonly Condition[], type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/** Where an object stands after or within a pass. `Ready` has no other writer than statementsFor. */
export type Standing =
  | { readonly kind: 'progressing'; readonly message: string }
  | { readonly kind: 'succeeded'; readonly reason: string; readonly message: string }
  /** `progress` is what the pass was doing; the next attempt comes by itself. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string; readonly progress?: string }
  | { readonly kind: 'stalled'; readonly reason: string; readonly message: string; readonly readyReason?: string }

/** Ready, Reconciling and Stalled for the state of a pass (SPEC.md C6 to C9). */
export function statementsFor(standing: Standing): readonly Statement[] {
  const { message } = standing
  switch (standing.kind) {
    case 'progressing':
      return [
        { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
        { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
        { type: 'Stalled', status: 'False', reason: 'Progressing', message: '' },
      ]
    case 'succeeded':
      return [
        { type: 'Reconciling', status: 'False', reason: standing.reason, message: '' },
        { type: 'Ready', status: 'True', reason: standing.reason, message },
        { type: 'Stalled', status: 'False', reason: standing.reason, message: '' },
      ]
    case 'failed':
      return [
        { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: standing.progress ?? message },
        { type: 'Ready', status: 'False', reason: standing.reason, message },
        { type: 'Stalled', status: 'False', reason: standing.reason, message: '' },
      ]
    case 'stalled':
      return [
        { type: 'Reconciling', status: 'False', reason: standing.reason, message: '' },
        { type: 'Ready', status: 'False', reason: standing.readyReason ?? standing.reason, message },
        { type: 'Stalled', status: 'True', reason: standing.reason, message },
      ]
  }
}
