export { AdminModule } from './admin.module.js';
export type { AdminOptions } from './admin.options.js';
export { AdminPassword } from './admin-password.js';
