import { choice, flag, intervalPattern, list, record, text, type Schema } from './schema.ts'

const timeout = text("Limit of each wait; the release's timeout when not set.", { pattern: intervalPattern })
const crds = choice("What is done with the chart's crds folder.", ['Skip', 'Create', 'CreateReplace'])
const applyMethod = choice('Whether objects are applied on the server; auto goes by the revision before.', [
  'enabled',
  'disabled',
  'auto',
])

const waiting = {
  disableHooks: flag('Whether hooks are left out.'),
  disableWait: flag('Whether nobody waits for objects to get ready.'),
  disableWaitForJobs: flag('Whether nobody waits for Jobs to complete.'),
  timeout,
}

const releasing = {
  ...waiting,
  crds,
  disableOpenAPIValidation: flag('Whether objects are not checked against the schemas of the server.'),
  disableSchemaValidation: flag('Whether values are not checked against the schema of the chart.'),
  disableTakeOwnership: flag('Whether objects that are there already are refused.'),
}

function strategy(rule: { readonly rule: string; readonly message: string }): Schema {
  const properties = {
    name: choice('Remedy failures, or retry as they are.', ['RemediateOnFailure', 'RetryOnFailure']),
    retryInterval: text('How long after a failure the next try comes; 5m when not set.', { pattern: intervalPattern }),
  }
  return record('What follows a failure.', properties, { required: ['name'], 'x-kubernetes-validations': [rule] })
}

const remediation = {
  ignoreTestFailures: flag('Whether failed tests are no failure; test.ignoreFailures when not set.'),
  remediateLastFailure: flag('Whether the last failure is remedied too, when no retry is left.'),
  retries: { type: 'integer', description: 'Tries after a failure; a negative number has no limit.' },
}

const install = record('How the release is installed.', {
  ...releasing,
  createNamespace: flag('Whether the target namespace is made when it is absent.'),
  remediation: record('What follows a failed install; the release is uninstalled between tries.', remediation),
  replace: flag('Whether the name of a deleted release whose history remains may be taken.'),
  serverSideApply: flag('Whether objects are applied on the server; so when not set.'),
  skipCRDs: flag('Not used any more: crds.'),
  strategy: strategy({
    rule: "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
    message: ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
  }),
})

const upgrade = record('How the release is upgraded.', {
  ...releasing,
  chartNameChangeStrategy: choice('What follows another name of the chart; Reinstall when not set.', [
    'InPlaceUpdate',
    'Reinstall',
  ]),
  cleanupOnFail: flag('Whether objects that a failed upgrade made are deleted.'),
  force: flag('Whether objects are replaced when a change is refused.'),
  preserveValues: flag("Whether the last revision's values are kept under the present ones."),
  remediation: record('What follows a failed upgrade.', {
    ...remediation,
    strategy: choice('How it is remedied; rollback when not set.', ['rollback', 'uninstall']),
  }),
  serverSideApply: applyMethod,
  strategy: strategy({
    rule: "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
    message: ".retryInterval can only be set when .name is 'RetryOnFailure'",
  }),
})

const test = record('Whether and how the tests of the chart are run.', {
  enable: flag('Whether they are run after an install or upgrade.'),
  filters: list(
    'Which tests are run.',
    record(
      'One of them.',
      {
        exclude: flag('Whether it is left out.'),
        name: text('Name of the test.', { minLength: 1, maxLength: 253 }),
      },
      { required: ['name'] },
    ),
  ),
  ignoreFailures: flag('Whether failed tests are no failure.'),
  timeout,
})

const rollback = record('How the release is rolled back.', {
  ...waiting,
  cleanupOnFail: flag('Whether objects that a failed rollback made are deleted.'),
  force: flag('Whether objects are replaced when a change is refused.'),
  recreate: flag('Not used any more.'),
  serverSideApply: applyMethod,
})

const uninstall = record('How the release is uninstalled.', {
  deletionPropagation: choice('How dependents are deleted.', ['background', 'foreground', 'orphan'], {
    default: 'background',
  }),
  disableHooks: flag('Whether hooks are left out.'),
  disableWait: flag('Whether nobody waits for the objects to be gone.'),
  keepHistory: flag("Whether Helm's records stay."),
  timeout,
})

/** The fields of a HelmRelease's spec that say how each action is done. */
export function helmActionSchemas(): Readonly<Record<string, Schema>> {
  return { install, upgrade, test, rollback, uninstall }
}
