export { Handover } from './handover.js';
export { MessageWriter, type Content } from './message-writer.js';
export { MessagesModule } from './messages.module.js';
export type { MessagesOptions } from './messages.options.js';
export { TextDto } from './message.dto.js';
export { MessageNotFound } from './message-history.js';
