export { PrivacyModule } from './privacy.module.js';
export { Rooms, type PrivacyOptions, type ProgramOptions } from './privacy.options.js';
export { PrivacyService, type Erased, type Exported } from './privacy.service.js';
export { RetentionJob } from './retention.job.js';
