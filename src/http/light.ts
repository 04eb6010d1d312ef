/** What can be had of this room without Nest: commands begin with it. */
export { SCOPES, type Scope } from './caller.js';
