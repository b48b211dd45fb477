export { createStrategies, customStrategy } from './strategies.ts'
