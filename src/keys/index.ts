export { KeyRegistry } from './key-registry.js';
export { KeyUses } from './key-uses.js';
export { KeyNameTaken, KeyNotFound, KeyUnreadable } from './keys.errors.js';
export { KeysModule } from './keys.module.js';
export type { KeysOptions } from './keys.options.js';
export { KEY_NAME, Keys, type KeyAsked } from './keys.service.js';
export type { KeyRow } from './keys.sql.js';
