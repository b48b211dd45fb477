import { helmFailure } from './command.ts'

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

/** Whether labels fit a selector in Kubernetes' text form. Throws FailureError on a malformed selector. */
export function matchesLabels(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return requirementsOf(selector).every((holds) => holds(labels))
}

/** The selector taken apart at the commas that stand outside of brackets. */
function requirementsOf(selector: string): readonly Requirement[] {
  if (selector.trim() === '') return []
  return selector.split(/,(?![^(]*\))/).map((part) => requirementOf(part.trim(), selector))
}

const key = '[A-Za-z0-9./_-]+'
const comparison = new RegExp(`^(${key})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`)
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const presence = new RegExp(`^(!?)\\s*(${key})$`)

function requirementOf(text: string, selector: string): Requirement {
  const [, name = '', operator = '', value = ''] = comparison.exec(text) ?? []
  if (operator === '!=') return (labels) => labels[name] !== value
  if (operator !== '') return (labels) => labels[name] === value
  const [, member = '', word = '', list = ''] = membership.exec(text) ?? []
  if (word !== '') {
    const values = new Set(list.split(',').map((one) => one.trim()))
    return (labels) => {
      const own = labels[member]
      return word === 'in' ? own !== undefined && values.has(own) : own === undefined || !values.has(own)
    }
  }
  const [, not, present] = presence.exec(text) ?? []
  if (present === undefined)
    throw helmFailure(
      `unable to parse requirement: ${JSON.stringify(selector)} is no selector; write key=value, key!=value, key in (a,b), key or !key`,
    )
  return (labels) => Object.hasOwn(labels, present) === (not === '')
}
