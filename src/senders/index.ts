export { SenderData } from './sender-data.js';
export { SenderOffice, type SenderState } from './sender-office.js';
export { SendersModule } from './senders.module.js';
export { poolsOf, type ProviderPool, type SendersOptions } from './senders.options.js';
