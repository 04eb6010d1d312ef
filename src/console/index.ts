export { ConsoleModule } from './console.module.js';
export type { ConsoleOptions } from './console.options.js';
