import { list, nameRef, record, text, texts, type Schema } from './schema.ts'

/** Which objects something is meant for. */
export const selector: Schema = record('Which objects; expressions must match whole values.', {
  annotationSelector: text('A label selector over annotations.'),
  group: text('Group.'),
  kind: text('Kind.'),
  labelSelector: text('A label selector.'),
  name: text('Name.'),
  namespace: text('Namespace.'),
  version: text('Version.'),
})

/** Changes to built objects. */
export const patches: Schema = list(
  'Changes to the built objects, as strategic merge or JSON patches.',
  record('One of them.', { patch: text('The patch.'), target: selector }, { required: ['patch'] }),
)

/** Changes of container images. */
export const images: Schema = list(
  'Container images to replace.',
  record(
    'One of them.',
    {
      digest: text('Digest to use.'),
      name: text('Name of the image as written.'),
      newName: text('Name to use.'),
      newTag: text('Tag to use.'),
    },
    { required: ['name'] },
  ),
)

/** Another cluster than this one. */
export const kubeConfig: Schema = record(
  'The cluster to deliver to, when it is not this one.',
  {
    configMapRef: nameRef('ConfigMap that describes the cluster and the provider of its credentials.'),
    secretRef: record(
      'Secret with a kubeconfig.',
      { key: text('Key in the Secret; value or value.yaml when not set.'), name: text('Name of the Secret.') },
      { required: ['name'] },
    ),
  },
  {
    'x-kubernetes-validations': [
      {
        rule: 'has(self.configMapRef) || has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.secretRef or spec.kubeConfig.configMapRef must be specified',
      },
      {
        rule: '!has(self.configMapRef) || !has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.secretRef or spec.kubeConfig.configMapRef must be specified',
      },
    ],
  },
)

/** Fields whose drift is left alone. */
export const ignoreRules: Schema = list(
  'Fields whose drift is left alone.',
  record(
    'Fields of some objects.',
    { paths: { ...texts('JSON pointers.'), minItems: 1 }, target: selector },
    { required: ['paths'] },
  ),
)

/** What `status.inventory` holds. */
export const inventorySchema: Schema = record(
  'The objects that were applied and are to be deleted when they leave the source.',
  {
    entries: list(
      'The objects.',
      record(
        'One of them.',
        {
          id: text('<namespace>_<name>_<group>_<kind>'),
          v: text('Version.'),
          uid: text('UID, by which a deletion hits no other object of the same name.'),
          digest: text('Digest of what was applied and what became of it; spares a dry run after a restart.'),
        },
        { required: ['id', 'v'] },
      ),
    ),
  },
  { required: ['entries'] },
)

/** How custom objects are judged, in CEL. */
export const healthCheckExprs: Schema = list(
  'How to judge custom objects, in CEL over their fields.',
  record(
    'The rules of one kind.',
    {
      apiVersion: text('apiVersion of the objects.'),
      current: text('True when the object is as wanted.'),
      failed: text('True when it failed.'),
      inProgress: text('True while it changes.'),
      kind: text('Kind of the objects; all of the apiVersion when not set.'),
    },
    { required: ['apiVersion', 'current'] },
  ),
)
