import type { FieldManager, ProtobufCodec, Strategy, TypeSystem } from './contracts.ts'
import { FailureError } from '@kedge/base'
import { applyMergePatch } from './http/merge-patch.ts'

/** Stand-ins behind the contracts, used until the real parts are wired. */
export const openTypes: TypeSystem = {
  check: () => ({ unknown: [], mismatches: [] }),
  prune: () => undefined,
  applySchemaDefaults: () => undefined,
  validate: () => [],
  define: () => undefined,
  forget: () => undefined,
  openApiV3: () => undefined,
}

export const openFields: FieldManager = {
  apply: (request) => ({ kind: 'merged', object: applyMergePatch(request.live ?? {}, request.applied) as Record<string, unknown> }),
  recordUpdate: () => undefined,
  strategicMerge: (_apiVersion, _kind, target, patch) => applyMergePatch(target, patch) as Record<string, unknown>,
}

export const noProtobuf: ProtobufCodec = {
  decode: () => {
    throw new FailureError({ code: 'protobuf', message: 'protobuf bodies are not read yet' })
  },
}

export const openStrategy: Strategy = {
  applyDefaults: () => undefined,
  prepareForCreate: () => undefined,
  prepareForUpdate: () => undefined,
  validateCreate: () => [],
  validateUpdate: () => [],
  hasGeneration: false,
  specChanged: () => false,
  selectableFields: () => ({}),
  warnings: () => [],
}
