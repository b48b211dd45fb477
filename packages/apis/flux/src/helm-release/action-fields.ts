import { durationField } from '../spec/duration.ts'
import { type FluxSettings } from '../reconcile/settings.ts'
import { type FieldReader } from '../spec/field-reader.ts'

/** How each action is done and what follows its failure (SPEC.md HS6 to HS9). Durations are in milliseconds. */
export interface ActionFields {
  readonly timeoutMs: number
  readonly install: InstallFields
  readonly upgrade: UpgradeFields
  readonly test: TestFields
  readonly rollback: RollbackFields
  readonly uninstall: UninstallFields
}

/** What all actions have. */
export interface CommonFields {
  readonly timeoutMs: number
  readonly disableHooks: boolean
  readonly disableWait: boolean
  readonly disableWaitForJobs: boolean
}

/** What installs and upgrades share. */
export interface ReleasingFields extends CommonFields {
  readonly crds: CrdPolicy
  readonly disableOpenApiValidation: boolean
  readonly disableSchemaValidation: boolean
  readonly disableTakeOwnership: boolean
  readonly remediation: Remediation
  /** Milliseconds between the tries of RetryOnFailure; undefined remediates failures. */
  readonly retryIntervalMs: number | undefined
}

export interface InstallFields extends ReleasingFields {
  readonly createNamespace: boolean
  readonly replace: boolean
  readonly serverSideApply: boolean
}

export interface UpgradeFields extends ReleasingFields {
  readonly cleanupOnFail: boolean
  readonly force: boolean
  readonly preserveValues: boolean
  readonly chartNameChange: 'Reinstall' | 'InPlaceUpdate'
  readonly serverSideApply: ApplyMethod
}

export interface TestFields {
  readonly enable: boolean
  readonly timeoutMs: number
  readonly ignoreFailures: boolean
  readonly filters: readonly { readonly name: string; readonly exclude: boolean }[]
}

export interface RollbackFields extends CommonFields {
  readonly cleanupOnFail: boolean
  readonly force: boolean
  readonly serverSideApply: ApplyMethod
}

export interface UninstallFields {
  readonly timeoutMs: number
  readonly disableHooks: boolean
  readonly disableWait: boolean
  readonly keepHistory: boolean
  readonly propagation: 'background' | 'foreground' | 'orphan'
}

export type CrdPolicy = 'Skip' | 'Create' | 'CreateReplace'
/** `auto` applies as the revision before was applied. */
export type ApplyMethod = 'enabled' | 'disabled' | 'auto'

/** What follows the failure of an install or upgrade. */
export interface Remediation {
  /** Negative for no limit. */
  readonly retries: number
  /** Whether failed tests count for nothing; `test.ignoreFailures` where the field is absent. */
  readonly ignoreTestFailures: boolean
  readonly remediateLastFailure: boolean
  readonly strategy: 'rollback' | 'uninstall'
}

const defaultTimeoutMs = 300_000
const defaultRetryIntervalMs = 300_000

/** The blocks of all actions, absent ones as if they were empty. */
export function readActions(fields: FieldReader): ActionFields {
  const timeoutMs = durationField(fields, 'timeout') ?? defaultTimeoutMs
  const block = <T>(name: string, read: (item: FieldReader | undefined) => T): T =>
    fields.object(name, read) ?? read(undefined)
  const test = block('test', (item) => readTest(item, timeoutMs))
  return {
    timeoutMs,
    install: block('install', (item) => readInstall(item, timeoutMs, test)),
    upgrade: block('upgrade', (item) => readUpgrade(item, timeoutMs, test)),
    test,
    rollback: block('rollback', (item) => readRollback(item, timeoutMs)),
    uninstall: block('uninstall', (item) => readUninstall(item, timeoutMs)),
  }
}

/** What an operator has decided for HelmReleases that do not say it themselves. */
export type ReleaseDefaults = Pick<FluxSettings, 'defaultToRetryOnFailure' | 'useHelm3Defaults'>

/** The actions with an operator's defaults where `fields`, which they were read from, say nothing. */
export function withDefaults(actions: ActionFields, fields: FieldReader, defaults: ReleaseDefaults): ActionFields {
  const says = (block: string, name: string): boolean => fields.object(block, (item) => item.has(name)) ?? false
  const retry = (block: 'install' | 'upgrade'): Pick<ReleasingFields, 'retryIntervalMs'> | undefined =>
    defaults.defaultToRetryOnFailure && !says(block, 'strategy')
      ? { retryIntervalMs: defaultRetryIntervalMs }
      : undefined
  const isClientSide = defaults.useHelm3Defaults && !says('install', 'serverSideApply')
  return {
    ...actions,
    install: { ...actions.install, ...retry('install'), ...(isClientSide ? { serverSideApply: false } : {}) },
    upgrade: { ...actions.upgrade, ...retry('upgrade') },
  }
}

function isSet(fields: FieldReader | undefined, name: string): boolean {
  return fields?.boolean(name) ?? false
}

function readCommon(fields: FieldReader | undefined, timeoutMs: number): CommonFields {
  return {
    timeoutMs: timeoutOf(fields, timeoutMs),
    disableHooks: isSet(fields, 'disableHooks'),
    disableWait: isSet(fields, 'disableWait'),
    disableWaitForJobs: isSet(fields, 'disableWaitForJobs'),
  }
}

function timeoutOf(fields: FieldReader | undefined, fallbackMs: number): number {
  return (fields === undefined ? undefined : durationField(fields, 'timeout')) ?? fallbackMs
}

function readReleasing(fields: FieldReader | undefined, timeoutMs: number, remediation: Remediation): ReleasingFields {
  return {
    ...readCommon(fields, timeoutMs),
    crds: fields?.oneOf('crds', ['Skip', 'Create', 'CreateReplace']) ?? 'Create',
    disableOpenApiValidation: isSet(fields, 'disableOpenAPIValidation'),
    disableSchemaValidation: isSet(fields, 'disableSchemaValidation'),
    disableTakeOwnership: isSet(fields, 'disableTakeOwnership'),
    remediation,
    retryIntervalMs: fields?.object('strategy', readRetryInterval),
  }
}

function readRetryInterval(fields: FieldReader): number | undefined {
  const name = fields.oneOf('name', ['RemediateOnFailure', 'RetryOnFailure']) ?? fields.refuse('name is required')
  const intervalMs = durationField(fields, 'retryInterval')
  if (name === 'RetryOnFailure') return intervalMs ?? defaultRetryIntervalMs
  if (intervalMs !== undefined) fields.refuse("retryInterval cannot be set when name is 'RemediateOnFailure'")
  return undefined
}

function readInstall(fields: FieldReader | undefined, timeoutMs: number, test: TestFields): InstallFields {
  const given = fields?.object('remediation', (item) => readRemediation(item, test))
  const remediation: Remediation = {
    retries: given?.retries ?? 0,
    ignoreTestFailures: given?.ignoreTestFailures ?? test.ignoreFailures,
    remediateLastFailure: given?.remediateLastFailure ?? false,
    strategy: 'uninstall',
  }
  const releasing = readReleasing(fields, timeoutMs, remediation)
  return {
    ...releasing,
    crds: isSet(fields, 'skipCRDs') ? 'Skip' : releasing.crds,
    createNamespace: isSet(fields, 'createNamespace'),
    replace: isSet(fields, 'replace'),
    serverSideApply: fields?.boolean('serverSideApply') ?? true,
  }
}

function readUpgrade(fields: FieldReader | undefined, timeoutMs: number, test: TestFields): UpgradeFields {
  const given = fields?.object('remediation', (item) => readRemediation(item, test))
  const retries = given?.retries ?? 0
  const remediation: Remediation = {
    retries,
    ignoreTestFailures: given?.ignoreTestFailures ?? test.ignoreFailures,
    remediateLastFailure: given?.remediateLastFailure ?? retries > 0,
    strategy: given?.strategy ?? 'rollback',
  }
  return {
    ...readReleasing(fields, timeoutMs, remediation),
    cleanupOnFail: isSet(fields, 'cleanupOnFail'),
    force: isSet(fields, 'force'),
    preserveValues: isSet(fields, 'preserveValues'),
    chartNameChange: fields?.oneOf('chartNameChangeStrategy', ['Reinstall', 'InPlaceUpdate']) ?? 'Reinstall',
    serverSideApply: applyMethodOf(fields),
  }
}

function applyMethodOf(fields: FieldReader | undefined): ApplyMethod {
  return fields?.oneOf('serverSideApply', ['enabled', 'disabled', 'auto']) ?? 'auto'
}

function readRemediation(
  fields: FieldReader,
  test: TestFields,
): Omit<Remediation, 'remediateLastFailure' | 'strategy'> & Partial<Remediation> {
  const last = fields.boolean('remediateLastFailure')
  const strategy = fields.oneOf('strategy', ['rollback', 'uninstall'])
  return {
    retries: fields.integer('retries') ?? 0,
    ignoreTestFailures: fields.boolean('ignoreTestFailures') ?? test.ignoreFailures,
    ...(last === undefined ? {} : { remediateLastFailure: last }),
    ...(strategy === undefined ? {} : { strategy }),
  }
}

function readTest(fields: FieldReader | undefined, timeoutMs: number): TestFields {
  return {
    enable: isSet(fields, 'enable'),
    timeoutMs: timeoutOf(fields, timeoutMs),
    ignoreFailures: isSet(fields, 'ignoreFailures'),
    filters:
      fields?.list('filters', (item) => ({ name: item.requiredString('name'), exclude: isSet(item, 'exclude') })) ?? [],
  }
}

function readRollback(fields: FieldReader | undefined, timeoutMs: number): RollbackFields {
  return {
    ...readCommon(fields, timeoutMs),
    cleanupOnFail: isSet(fields, 'cleanupOnFail'),
    force: isSet(fields, 'force'),
    serverSideApply: applyMethodOf(fields),
  }
}

function readUninstall(fields: FieldReader | undefined, timeoutMs: number): UninstallFields {
  return {
    timeoutMs: timeoutOf(fields, timeoutMs),
    disableHooks: isSet(fields, 'disableHooks'),
    disableWait: isSet(fields, 'disableWait'),
    keepHistory: isSet(fields, 'keepHistory'),
    propagation: fields?.oneOf('deletionPropagation', ['background', 'foreground', 'orphan']) ?? 'background',
  }
}
