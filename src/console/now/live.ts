import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

@Injectable()
export class Live {
  serve(_request: FastifyRequest, _reply: FastifyReply): Promise<void> {
    throw new Error('to come');
  }
}
