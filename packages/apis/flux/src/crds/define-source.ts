import { type KubeObject } from '@kedge/manifest'

import { defineKind, type PrinterColumn } from './definition.ts'
import { artifactSchema, conditionsSchema, integer, record, text, type Schema } from './schema.ts'

/** What sources of source.toolkit.fluxcd.io differ in. */
export interface SourceOptions {
  readonly kind: string
  readonly plural: string
  readonly shortName: string
  readonly description: string
  readonly columns: readonly PrinterColumn[]
  readonly spec: Schema
  /** What the status holds beside what every source has: artifact, conditions, generation and answered request. */
  readonly status: Readonly<Record<string, Schema>>
}

/** A kind of source that is fetched: v1 is stored, v1beta2 is served alike for old clients. */
export function defineSource({ kind, plural, shortName, description, columns, ...schemas }: SourceOptions): KubeObject {
  const { spec } = schemas
  const status = statusSchema(schemas.status)
  return defineKind({
    group: 'source.toolkit.fluxcd.io',
    kind,
    plural,
    shortNames: [shortName],
    categories: ['all', 'fluxcd', 'fluxcd-sources'],
    versions: ['v1', 'v1beta2'].map((name) => ({ name, spec, status })),
    columns,
    description,
  })
}

function statusSchema(own: Readonly<Record<string, Schema>>): Schema {
  const properties = {
    artifact: artifactSchema(),
    conditions: conditionsSchema(),
    lastHandledReconcileAt: text('The last reconcile request that was answered.'),
    observedGeneration: integer('The generation that the status speaks of.'),
    ...own,
  }
  return record('What is.', Object.fromEntries(Object.entries(properties).toSorted(byName)))
}

function byName([a]: readonly [string, Schema], [b]: readonly [string, Schema]): number {
  return a < b ? -1 : Number(a > b)
}
