import { Module } from '@nestjs/common';

import { MessageHistory } from './message-history.js';
import { MessagesController } from './messages.controller.js';

/** What became of a text, for whoever asks. */
@Module({ controllers: [MessagesController], providers: [MessageHistory] })
export class MessagesModule {}
