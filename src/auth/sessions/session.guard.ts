import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { WithoutKey } from '../../http/index.js';
import { accessTokenRefused } from '../auth.errors.js';
import { Sessions, type SignedIn } from './sessions.js';

const people = new WeakMap<FastifyRequest, SignedIn>();

/** Lets in whoever has an access token of a session that is still open. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const person = token && (await this.sessions.bearerOf(token));
    if (!person) throw accessTokenRefused();
    people.set(request, person);
    return true;
  }
}

/** A route for people who are logged in, instead of backends with an API key. */
export const NeedsSession = () => applyDecorators(WithoutKey(), UseGuards(SessionGuard), ApiBearerAuth('accessToken'));

/** Who that is. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): SignedIn => {
  const person = people.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!person) throw accessTokenRefused();
  return person;
});
