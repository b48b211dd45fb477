import { type KubeObject } from '@kedge/manifest'

import { defineSource } from './define-source.ts'
import { readyColumns } from './definition.ts'
import {
  artifactSchema,
  choice,
  flag,
  intervalPattern,
  list,
  nameRef,
  record,
  text,
  texts,
  timeoutPattern,
  type Schema,
} from './schema.ts'

const includeSchema = list(
  "Other GitRepositories whose artifacts are copied into this one's.",
  record(
    'One of them.',
    {
      fromPath: text('Path to copy from; the whole artifact when not set.'),
      repository: nameRef('The GitRepository, in the same namespace.'),
      toPath: text("Path to copy to; the repository's name when not set."),
    },
    { required: ['repository'] },
  ),
)

const verifySchema = record(
  'Which Git objects must carry a signature by one of the keys.',
  {
    mode: choice('Which objects.', ['head', 'HEAD', 'Tag', 'TagAndHEAD'], { default: 'HEAD' }),
    secretRef: nameRef('Secret with the public keys.'),
  },
  { required: ['secretRef'] },
)

function specSchema(): Schema {
  const properties = {
    ignore: text('Patterns, as in .gitignore, of files that are left out of the artifact.'),
    include: includeSchema,
    interval: text('How often the repository is looked at.', { pattern: intervalPattern }),
    provider: choice('How to authenticate.', ['generic', 'aws', 'azure', 'github']),
    proxySecretRef: nameRef('Secret with the address and credentials of a proxy.'),
    recurseSubmodules: flag('Whether submodules are fetched too.'),
    ref: record('What to check out; of the fields set, the last in this order decides.', {
      branch: text('A branch; master when nothing else is set.'),
      tag: text('A tag.'),
      semver: text('A range of versions that tags are matched against.'),
      name: text('A full reference name, such as refs/pull/420/head.'),
      commit: text('A commit.'),
    }),
    secretRef: nameRef('Secret with the credentials.'),
    serviceAccountName: text('ServiceAccount whose identity is used, with the aws and azure providers.'),
    sparseCheckout: texts('Directories that the artifact is limited to.'),
    suspend: flag('Whether reconciliation is off.'),
    timeout: text('How long one Git operation may take.', { pattern: timeoutPattern, default: '60s' }),
    url: text('Address of the repository.', { pattern: '^(http|https|ssh|file)://.*$' }),
    verify: verifySchema,
  }
  return record('What is wanted.', properties, {
    required: ['interval', 'url'],
    'x-kubernetes-validations': [
      {
        rule: "!has(self.serviceAccountName) || (has(self.provider) && self.provider in ['aws', 'azure'])",
        message: "serviceAccountName can only be set when provider is 'aws' or 'azure'",
      },
    ],
  })
}

/** The definition of GitRepository (source.toolkit.fluxcd.io). */
export function gitRepositoryCrd(): KubeObject {
  return defineSource({
    kind: 'GitRepository',
    plural: 'gitrepositories',
    shortName: 'gitrepo',
    description: 'A Git repository as a source of what clusters should run.',
    columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...readyColumns],
    spec: specSchema(),
    status: {
      includedArtifacts: list('Artifacts of the included repositories, in their order.', artifactSchema()),
      observedIgnore: text('The ignore patterns that made the artifact.'),
      observedInclude: includeSchema,
      observedRecurseSubmodules: flag('Whether submodules went into the artifact.'),
      observedSparseCheckout: texts('The directories that the artifact was limited to.'),
      sourceVerificationMode: text('Which objects were verified.'),
    },
  })
}
