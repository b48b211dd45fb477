import { createHash } from 'node:crypto'
import { dependencyFields, printGoJson, type ChartDependency, type GoJson } from '@kedge/helm'
import { parseYaml, printYaml } from '@kedge/yaml'
import { helmFailure } from './command.ts'

/** A dependency at one version. */
export interface LockedDependency {
  readonly name: string
  readonly version: string
  readonly repository: string
}

/** Chart.lock. */
export interface DependencyLock {
  readonly digest: string
  readonly dependencies: readonly LockedDependency[]
}

/** Reads a lock file. Throws FailureError when it is malformed. */
export function readLock(text: string): DependencyLock {
  const fields = parseYaml(text) as { readonly digest?: unknown; readonly dependencies?: unknown } | null
  const list = fields?.dependencies ?? []
  if (typeof fields?.digest !== 'string' || !Array.isArray(list)) throw helmFailure('the lock file is malformed')
  return { digest: fields.digest, dependencies: list.map(readDependency) }
}

function readDependency(value: unknown): LockedDependency {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return { name: text('name'), version: text('version'), repository: text('repository') }
}

/** The text of a lock file; `generated` is RFC 3339. */
export function printLock(lock: DependencyLock, generated: string): string {
  return printYaml({ dependencies: lock.dependencies, digest: lock.digest, generated })
}

/** What ties a lock to the dependencies that it was made for: the hash of both as Go's JSON. */
export function lockDigest(wanted: readonly ChartDependency[], locked: readonly LockedDependency[]): string {
  const text = printGoJson([wanted.map(wantedJson), locked.map((one) => dependencyJson({ ...one }))])
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The digest that Helm 2 wrote into locks. */
export function oldLockDigest(wanted: readonly ChartDependency[]): string {
  const text = printGoJson(new Map([['dependencies', wanted.map(wantedJson)]]))
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function wantedJson({ importValues, ...rest }: ChartDependency): GoJson {
  return dependencyJson({ ...rest, 'import-values': importValues })
}

function dependencyJson(fields: Readonly<Record<string, unknown>>): GoJson {
  return new Map(
    dependencyFields.flatMap((name): readonly (readonly [string, GoJson])[] => {
      const value = fields[name]
      const isEmpty =
        value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0)
      return isEmpty && name !== 'name' && name !== 'repository' ? [] : [[name, value as GoJson]]
    }),
  )
}
