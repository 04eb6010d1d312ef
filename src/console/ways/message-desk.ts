import { Injectable } from '@nestjs/common';

import type { Operator } from '../../http/index.js';
import type { MessagesDto, MessagesQuery, MessageWayDto } from './ways.dto.js';

@Injectable()
export class MessageDesk {
  find(_query: MessagesQuery, _by: Operator): Promise<MessagesDto> {
    return Promise.resolve({ messages: [], next: null });
  }
  wayOf(_id: string): Promise<MessageWayDto> {
    throw new Error('to come');
  }
}
