export { LookupFailed, type Line, type LineInfo, type Lookup } from './lookup.js';
export { LookupData } from './lookup-data.js';
export { LookupUnavailable } from './lookups.errors.js';
export { LookupsModule } from './lookups.module.js';
export { NO_LOOKUPS, type LookupsOptions } from './lookups.options.js';
export { Lookups } from './lookups.js';
export { TwilioLookup, type TwilioLookupOptions } from './twilio/twilio-lookup.js';
