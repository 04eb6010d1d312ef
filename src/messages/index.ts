export { MessageHistory, MessageNotFound } from './message-history.js';
export { MessageWriter, type Content } from './message-writer.js';
export { MessagesModule } from './messages.module.js';
export type { MessagesOptions } from './messages.options.js';
export { MessageDto, TextDto } from './message.dto.js';
