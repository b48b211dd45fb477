import type { Draft, FieldError } from '../contracts.ts'
import { child, children, ensure } from './draft.ts'
import { invalid } from './field-errors.ts'
import { quantityNanos } from './quantity.ts'
import type { KindRules } from './strategy.ts'

const COUNTED = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
] as const
const MEASURED = ['cpu', 'memory', 'ephemeral-storage'] as const
const QUOTA_NAMES: ReadonlySet<string> = new Set([
  ...COUNTED,
  ...MEASURED,
  ...MEASURED.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
])

/** v1 ResourceQuota. */
export const resourceQuotaRules: KindRules = {
  hasStatus: true,
  check: (object) =>
    Object.entries(child(child(object, 'spec'), 'hard') ?? {}).flatMap(([name, value]) => checkHard(name, value)),
}

function checkHard(name: string, value: unknown): FieldError[] {
  const field = `spec.hard[${name}]`
  const errors: FieldError[] = []
  if (!name.includes('/') && !QUOTA_NAMES.has(name) && !/^(requests\.)?hugepages-/.test(name)) {
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
    errors.push(invalid(field, name, 'must be a standard resource for quota'))
  }
  if ((quantityNanos(value) ?? 0n) < 0n) errors.push(invalid(field, value, 'must be greater than or equal to 0'))
  return errors
}

/** v1 LimitRange. */
export const limitRangeRules: KindRules = {
  defaults: (draft) => {
    for (const limit of children(child(draft, 'spec'), 'limits')) {
      if (limit['type'] !== 'Container') continue
      const standard = ensure(limit, 'default')
      const request = ensure(limit, 'defaultRequest')
      for (const [name, value] of Object.entries(child(limit, 'max') ?? {})) standard[name] ??= value
      for (const [name, value] of Object.entries(standard)) request[name] ??= value
      for (const [name, value] of Object.entries(child(limit, 'min') ?? {})) request[name] ??= value
    }
  },
  check: (object) =>
    children(child(object, 'spec'), 'limits').flatMap((limit, index) => checkLimit(limit, `spec.limits[${index}]`)),
}

/** Pairs of bounds in which the first must not be above the second, and which of the two the message is about. */
const ORDERED = [
  { low: 'min', high: 'max', at: 'min', words: ['min', 'max'] },
  { low: 'min', high: 'defaultRequest', at: 'defaultRequest', words: ['min', 'default request'] },
  { low: 'defaultRequest', high: 'max', at: 'defaultRequest', words: ['default request', 'max'] },
  { low: 'defaultRequest', high: 'default', at: 'defaultRequest', words: ['default request', 'default limit'] },
  { low: 'min', high: 'default', at: 'default', words: ['min', 'default'] },
  { low: 'default', high: 'max', at: 'default', words: ['default', 'max'] },
] as const

function checkLimit(limit: Readonly<Draft>, field: string): FieldError[] {
  const names = new Set(
    ['min', 'max', 'default', 'defaultRequest'].flatMap((key) => Object.keys(child(limit, key) ?? {})),
  )
  return [...names].toSorted().flatMap((name) =>
    ORDERED.flatMap(({ low, high, at, words }) => {
      const least = quantityOf(limit, low, name)
      const most = quantityOf(limit, high, name)
      if (least === undefined || most === undefined) return []
      if ((quantityNanos(least) ?? 0n) <= (quantityNanos(most) ?? 0n)) return []
      // The real server shows the smaller bound where the two defaults are compared with min.
      const shown = at === 'defaultRequest' && low === 'min' ? most : least
      return [
        invalid(
          `${field}.${at}[${name}]`,
          shown,
          `${words[0]} value ${least} is greater than ${words[1]} value ${most}`,
        ),
      ]
    }),
  )
}

/** Quantities of stored objects are texts. */
function quantityOf(limit: Readonly<Draft>, bound: string, name: string): string | undefined {
  const value = child(limit, bound)?.[name]
  return typeof value === 'string' ? value : undefined
}
