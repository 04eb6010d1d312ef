export { AuthData } from './auth-data.js';
export { AuthModule } from './auth.module.js';
export type { AuthOptions } from './auth.options.js';
