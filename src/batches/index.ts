export { BatchData } from './batch-data.js';
export { BatchIntake, type Taken, type Upload } from './batch-intake.js';
export type { BatchDto, BatchErrorDto } from './batch.dto.js';
export { Batches } from './batches.js';
export { BatchesModule } from './batches.module.js';
export { BatchIntakeModule } from './intake.module.js';
export type { UploadDto } from './batch.dto.js';
export type { BatchesOptions } from './batches.options.js';
