/** What can be had of this room without Nest: commands begin with it. */
export { hashPassword } from './hash-password.js';
