export { startControllers, type Controllers } from './controllers.ts'
export { fastTiming, realisticTiming } from './timing.ts'
