export { ConsoleModule } from './console.module.js';
export { ConsoleData } from './console-data.js';
export { ProviderDesk, type ProviderDeskOptions } from './providers/provider-desk.js';
export type { ProviderDto } from './providers/provider.dto.js';
export { Live } from './now/live.js';
export type { ConsoleOptions } from './console.options.js';
