export { ExperimentBook } from './experiment-book.js';
export type { ExperimentAsked } from './asked.js';
export { experimentDto, type ExperimentDto } from './experiments.dto.js';
export { ExperimentsModule } from './experiments.module.js';
export type { ExperimentsOptions } from './experiments.options.js';
export { Experiments } from './experiments.service.js';
