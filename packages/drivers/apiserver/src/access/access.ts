import type { Access, AccessAttributes, AccessRule, Draft, Refusal, RequestUser } from '../contracts.ts'
import { child, children, sameValue, strings, text } from '../kinds/draft.ts'
import { compactRules, formatRule, missingRules, quoteAll, ruleAllows } from './rules.ts'

const GROUP = 'rbac.authorization.k8s.io'
const MASTERS = 'system:masters'
/** Answers remembered until a role or binding changes. */
const CACHE_LIMIT = 20_000
const FULL_AUTHORITY: readonly AccessRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
]

interface Binding {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding'
  readonly namespace: string
  readonly name: string
  readonly roleKind: string
  readonly roleName: string
}

interface Decision {
  readonly allowed: boolean
  readonly reason: string
}

const REFUSED: Decision = { allowed: false, reason: '' }
const OF_MASTERS: Decision = { allowed: true, reason: '' }

/** Makes an empty RBAC evaluator; the store feeds it every role and binding. */
export function createAccess(): Access {
  const state: State = { rules: new Map(), bySubject: new Map(), subjectsOf: new Map(), decisions: new Map() }
  const authorize = (attributes: AccessAttributes): Decision => decide(state, attributes)
  return {
    authorize,
    put: (object) => {
      take(state, object)
    },
    remove: (object) => {
      drop(state, object)
    },
    rulesOf: (user, namespace) => {
      const rules = rulesOf(state, user, namespace).map(({ rule }) => rule)
      return {
        resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0),
        nonResourceRules: rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0),
      }
    },
    forbiddenMessage,
    escalation: (object, old, user) => findEscalation(state, { object, old, user }),
  }
}

/** What the answer 403 says, without the name of the object in front. */
export function forbiddenMessage(attributes: AccessAttributes): string {
  const user = JSON.stringify(attributes.user.name)
  if (attributes.path !== undefined) {
    return `forbidden: User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`
  }
  const { group, resource, subresource, namespace, name, verb } = attributes
  const qualified = group === '' ? resource : `${resource}.${group}`
  const target = subresource === '' ? resource : `${resource}/${subresource}`
  const place = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const subject = name === '' ? qualified : `${qualified} ${JSON.stringify(name)}`
  return `${subject} is forbidden: User ${user} cannot ${verb} resource ${JSON.stringify(target)} in API group ${JSON.stringify(group)} ${place}`
}

interface State {
  /** Rules by `<Kind>/<namespace>/<name>` of their role. */
  readonly rules: Map<string, readonly AccessRule[]>
  /** Bindings by subject: `u:` and a user's name, `g:` and a group. */
  readonly bySubject: Map<string, Map<string, Binding>>
  readonly subjectsOf: Map<string, readonly string[]>
  readonly decisions: Map<string, Decision>
}

function take(state: State, object: Readonly<Draft>): void {
  if (isRole(object)) {
    state.rules.set(keyOf(object), children(object, 'rules').map(toRule))
    state.decisions.clear()
    return
  }
  if (!isBinding(object)) return
  const key = keyOf(object)
  forgetBinding(state, key)
  const subjects = children(object, 'subjects').map((subject) => subjectKey(subject, namespaceOf(object)))
  const binding = toBinding(object)
  for (const subject of subjects) {
    const bindings = state.bySubject.get(subject) ?? new Map<string, Binding>()
    bindings.set(key, binding)
    state.bySubject.set(subject, bindings)
  }
  state.subjectsOf.set(key, subjects)
  state.decisions.clear()
}

function drop(state: State, object: Readonly<Draft>): void {
  if (isRole(object)) state.rules.delete(keyOf(object))
  else if (isBinding(object)) forgetBinding(state, keyOf(object))
  else return
  state.decisions.clear()
}

function forgetBinding(state: State, key: string): void {
  for (const subject of state.subjectsOf.get(key) ?? []) {
    const bindings = state.bySubject.get(subject)
    bindings?.delete(key)
    if (bindings?.size === 0) state.bySubject.delete(subject)
  }
  state.subjectsOf.delete(key)
}

function decide(state: State, attributes: AccessAttributes): Decision {
  if (attributes.user.groups.includes(MASTERS)) return OF_MASTERS
  const key = decisionKey(attributes)
  const known = state.decisions.get(key)
  if (known !== undefined) return known
  const decision = evaluate(state, attributes)
  if (state.decisions.size >= CACHE_LIMIT) state.decisions.clear()
  state.decisions.set(key, decision)
  return decision
}

function evaluate(state: State, attributes: AccessAttributes): Decision {
  for (const [subject, binding] of bindingsOf(state, attributes.user, attributes.namespace)) {
    const rules = state.rules.get(roleKey(binding))
    if (rules?.some((rule) => ruleAllows(rule, attributes)) === true) {
      return { allowed: true, reason: reasonFor(subject, binding) }
    }
  }
  return REFUSED
}

function* bindingsOf(state: State, user: RequestUser, namespace: string): Generator<readonly [string, Binding]> {
  for (const subject of [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]) {
    for (const binding of state.bySubject.get(subject)?.values() ?? []) {
      if (binding.kind === 'ClusterRoleBinding' || binding.namespace === namespace) yield [subject, binding]
    }
  }
}

function rulesOf(state: State, user: RequestUser, namespace: string): readonly { readonly rule: AccessRule }[] {
  const found: { readonly rule: AccessRule }[] = []
  const seen = new Set<string>()
  // A fixed order of bindings, as the server's lists have.
  const bindings = [...bindingsOf(state, user, namespace)].map(([, binding]) => binding)
  for (const binding of bindings.toSorted((left, right) => (bindingOrder(left) < bindingOrder(right) ? -1 : 1))) {
    const key = bindingOrder(binding)
    if (seen.has(key)) continue
    seen.add(key)
    for (const rule of state.rules.get(roleKey(binding)) ?? []) found.push({ rule })
  }
  return found
}

function bindingOrder(binding: Binding): string {
  return `${binding.kind}/${binding.namespace}/${binding.name}`
}

function decisionKey(attributes: AccessAttributes): string {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes
  return [user.name, verb, group, resource, subresource, namespace, name, path ?? '', ...user.groups].join('\u0000')
}

function reasonFor(subject: string, binding: Binding): string {
  const scope =
    binding.kind === 'RoleBinding'
      ? `RoleBinding "${binding.name}/${binding.namespace}"`
      : `ClusterRoleBinding "${binding.name}"`
  const kind = subject.startsWith('g:') ? 'Group' : 'User'
  return `RBAC: allowed by ${scope} of ${binding.roleKind} "${binding.roleName}" to ${kind} "${subject.slice(2)}"`
}

function subjectKey(subject: Readonly<Draft>, namespace: string): string {
  const name = text(subject, 'name')
  if (subject['kind'] === 'Group') return `g:${name}`
  if (subject['kind'] !== 'ServiceAccount') return `u:${name}`
  const own = text(subject, 'namespace')
  return `u:system:serviceaccount:${own === '' ? namespace : own}:${name}`
}

function toBinding(object: Readonly<Draft>): Binding {
  const roleRef = child(object, 'roleRef')
  return {
    kind: object['kind'] === 'RoleBinding' ? 'RoleBinding' : 'ClusterRoleBinding',
    namespace: namespaceOf(object),
    name: text(child(object, 'metadata'), 'name'),
    roleKind: text(roleRef, 'kind'),
    roleName: text(roleRef, 'name'),
  }
}

function toRule(rule: Readonly<Draft>): AccessRule {
  const optional = (key: 'apiGroups' | 'resources' | 'resourceNames' | 'nonResourceURLs'): Partial<AccessRule> => {
    const values = strings(rule, key)
    return values.length === 0 ? {} : { [key]: values }
  }
  return {
    verbs: strings(rule, 'verbs'),
    ...optional('apiGroups'),
    ...optional('resources'),
    ...optional('resourceNames'),
    ...optional('nonResourceURLs'),
  }
}

function roleKey(binding: Binding): string {
  return `${binding.roleKind}/${binding.roleKind === 'Role' ? binding.namespace : ''}/${binding.roleName}`
}

function keyOf(object: Readonly<Draft>): string {
  return `${text(object, 'kind')}/${namespaceOf(object)}/${text(child(object, 'metadata'), 'name')}`
}

function namespaceOf(object: Readonly<Draft>): string {
  return text(child(object, 'metadata'), 'namespace')
}

function isOfGroup(object: Readonly<Draft>): boolean {
  return text(object, 'apiVersion').startsWith(`${GROUP}/`)
}

function isRole(object: Readonly<Draft>): boolean {
  return isOfGroup(object) && (object['kind'] === 'Role' || object['kind'] === 'ClusterRole')
}

function isBinding(object: Readonly<Draft>): boolean {
  return isOfGroup(object) && (object['kind'] === 'RoleBinding' || object['kind'] === 'ClusterRoleBinding')
}

interface RbacWrite {
  readonly object: Readonly<Draft>
  readonly old: Readonly<Draft> | undefined
  readonly user: RequestUser
}

function findEscalation(state: State, write: RbacWrite): Refusal | undefined {
  const { object, old, user } = write
  if (user.groups.includes(MASTERS)) return undefined
  if (old !== undefined && sameValue(withoutLifecycle(object), withoutLifecycle(old))) return undefined
  return isRole(object)
    ? findRoleEscalation(state, write)
    : isBinding(object)
      ? findBindEscalation(state, write)
      : undefined
}

function findRoleEscalation(state: State, { object, old, user }: RbacWrite): Refusal | undefined {
  const namespace = namespaceOf(object)
  const resource = object['kind'] === 'Role' ? 'roles' : 'clusterroles'
  const name = text(child(object, 'metadata'), 'name')
  if (decide(state, { user, verb: 'escalate', ...place(resource, { namespace, name }) }).allowed) return undefined
  const held = rulesOf(state, user, namespace).map(({ rule }) => rule)
  const missing = missingRules(held, children(object, 'rules').map(toRule))
  if (missing.length > 0) return escalating(resource, name, { user, missing })
  const aggregates = [object, old].some(
    (role) => children(child(role, 'aggregationRule'), 'clusterRoleSelectors').length > 0,
  )
  if (aggregates && missingRules(held, FULL_AUTHORITY).length > 0) {
    return refuse(resource, name, 'must have cluster-admin privileges to use the aggregationRule')
  }
  return undefined
}

function findBindEscalation(state: State, { object, user }: RbacWrite): Refusal | undefined {
  const namespace = namespaceOf(object)
  const binding = toBinding(object)
  const name = binding.name
  const roles = binding.roleKind === 'Role' ? 'roles' : 'clusterroles'
  const wanted = { user, verb: 'bind', ...place(roles, { namespace, name: binding.roleName }) }
  if (decide(state, wanted).allowed) return undefined
  const rules = state.rules.get(roleKey(binding))
  if (rules === undefined) {
    const message = `${roles}.${GROUP} ${JSON.stringify(binding.roleName)} not found`
    return { code: 404, reason: 'NotFound', message }
  }
  const held = rulesOf(state, user, namespace).map(({ rule }) => rule)
  const missing = missingRules(held, rules)
  const resource = binding.kind === 'RoleBinding' ? 'rolebindings' : 'clusterrolebindings'
  return missing.length === 0 ? undefined : escalating(resource, name, { user, missing })
}

function place(
  resource: string,
  object: { readonly namespace: string; readonly name: string },
): Omit<AccessAttributes, 'user' | 'verb'> {
  return { group: GROUP, version: '*', resource, subresource: '', namespace: object.namespace, name: object.name }
}

function escalating(
  resource: string,
  name: string,
  found: { readonly user: RequestUser; readonly missing: readonly AccessRule[] },
): Refusal {
  const lines = compactRules(found.missing).map(formatRule).toSorted()
  const { user } = found
  return refuse(
    resource,
    name,
    `user ${JSON.stringify(user.name)} (groups=${quoteAll(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
  )
}

function refuse(resource: string, name: string, detail: string): Refusal {
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${resource}.${GROUP} ${JSON.stringify(name)} is forbidden: ${detail}`,
  }
}

/** An object without what its garbage collection changes. */
function withoutLifecycle(object: Readonly<Draft>): Draft {
  const {
    ownerReferences: _owners,
    finalizers: _finalizers,
    managedFields: _managed,
    resourceVersion: _revision,
    generation: _generation,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    ...metadata
  } = child(object, 'metadata') ?? {}
  return { ...object, metadata }
}
