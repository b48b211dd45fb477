export { startControllers, type Controllers, type ControllersOptions } from './controllers.ts'
export { fastTiming, realisticTiming, type TimingProfile } from './timing.ts'
