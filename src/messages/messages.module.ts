import { Module } from '@nestjs/common';

import { MessageHistory } from './message-history.js';
import { MessageSender } from './message-sender.js';
import { MessageWriter } from './message-writer.js';
import { MessagesController } from './messages.controller.js';
import { MessagesModuleBase } from './messages.options.js';

/** Any text to one phone, and what became of it. */
@Module({
  controllers: [MessagesController],
  providers: [MessageHistory, MessageSender, MessageWriter],
  exports: [MessageHistory, MessageWriter],
})
export class MessagesModule extends MessagesModuleBase {}
