import { type KubeObject } from '@kedge/manifest'

import { type Schema } from './schema.ts'

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'date' | 'integer'
  readonly jsonPath: string
  readonly priority?: number
}

export interface DefinitionOptions {
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** First is the stored one; the others are served for old clients. */
  readonly versions: readonly { readonly name: string; readonly spec: Schema; readonly status: Schema }[]
  readonly columns: readonly PrinterColumn[]
  readonly description: string
  /** False for kinds that others write whole: no status says that an object was not looked at yet. Default true. */
  readonly isReconciled?: boolean
}

/** Age, readiness and message, as every Flux kind prints them. */
export const readyColumns: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
]

/** A namespaced CustomResourceDefinition with a status subresource. Post-build substitution leaves it alone. */
export function defineKind(options: DefinitionOptions): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${options.plural}.${options.group}`,
      labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/managed-by': 'kedge' },
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
    },
    spec: {
      group: options.group,
      names: {
        kind: options.kind,
        listKind: `${options.kind}List`,
        plural: options.plural,
        singular: options.kind.toLowerCase(),
        shortNames: options.shortNames,
        categories: options.categories,
      },
      scope: 'Namespaced',
      versions: options.versions.map((version, index) => ({
        name: version.name,
        served: true,
        storage: index === 0,
        ...(index === 0
          ? {}
          : {
              deprecated: true,
              deprecationWarning: `${version.name} ${options.kind} is deprecated, use ${options.versions[0]?.name ?? ''}`,
            }),
        additionalPrinterColumns: options.columns,
        subresources: { status: {} },
        schema: { openAPIV3Schema: rootSchema(options, version) },
      })),
    },
  }
}

function rootSchema(options: DefinitionOptions, version: { readonly spec: Schema; readonly status: Schema }): Schema {
  return {
    type: 'object',
    description: options.description,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: version.spec,
      // A fresh object says generation -1, by which readers of its status know that nobody has looked at it yet.
      status:
        options.isReconciled === false ? version.status : { ...version.status, default: { observedGeneration: -1 } },
    },
  }
}
