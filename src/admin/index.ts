export { AdminModule } from './admin.module.js';
export type { AdminOptions } from './admin.options.js';
export { AdminPassword, hashPassword } from './admin-password.js';
