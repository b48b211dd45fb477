export { createStrategies, customStrategy, type Strategies } from './strategies.ts'
export { checkMetadata, checkMetadataUpdate } from './check-metadata.ts'
export { contentChanged, messageOf } from './strategy.ts'
export { toTypedForm } from './typed-form.ts'
