/** Group, version and kind; empty parts are unknown, or match anything in a selector. */
export interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** What names an object during a build. */
export interface ResId extends Gvk {
  readonly name: string
  readonly namespace: string
  readonly clusterScoped: boolean
}

const NOT_A_NAMESPACE = '_non_namespaceable_'

/** The namespace that counts for equality: `default` for none, one of its own for cluster-scoped objects. */
export function effectiveNamespace(id: Pick<ResId, 'namespace' | 'clusterScoped'>): string {
  if (id.clusterScoped) return NOT_A_NAMESPACE
  return id.namespace === '' || id.namespace === 'default' ? 'default' : id.namespace
}

export function sameGvk(a: Gvk, b: Gvk): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind
}

export function sameGvkName(a: ResId, b: ResId): boolean {
  return a.name === b.name && sameGvk(a, b)
}

export function sameId(a: ResId, b: ResId): boolean {
  return sameGvkName(a, b) && effectiveNamespace(a) === effectiveNamespace(b)
}

/** A text that is equal for equal ids and for no others. */
export function idKey(id: ResId): string {
  return `${id.group}/${id.version}/${id.kind}/${effectiveNamespace(id)}/${id.name}`
}

/** Whether a kind fits a selector whose empty parts fit anything. */
export function isSelected(gvk: Gvk, selector: Partial<Gvk>): boolean {
  return fits(gvk.group, selector.group) && fits(gvk.version, selector.version) && fits(gvk.kind, selector.kind)
}

function fits(value: string, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === '' || wanted === value
}

/** `Kind.version.group`, as kustomize writes it. */
export function formatGvk(gvk: Partial<Gvk>): string {
  return `${gvk.kind || '[noKind]'}.${gvk.version || '[noVer]'}.${gvk.group || '[noGrp]'}`
}

/** `Kind.version.group/name.namespace`, as kustomize writes it. */
export function formatId(id: ResId): string {
  return `${formatGvk(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`
}

/** Splits `apps/v1`; what has no slash is a version of the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function joinApiVersion(gvk: Pick<Gvk, 'group' | 'version'>): string {
  return gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`
}
