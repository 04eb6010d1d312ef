import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  SetMetadata,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { DomainError } from '../kernel/index.js';
import { ApiKeys } from './api-keys.js';

export class Unauthorized extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Send "Authorization: Bearer KEY" with a key of API_KEYS.';

  constructor() {
    super('A valid API key is needed here.');
  }
}

const PUBLIC = Symbol('public');
/** Marks public operations in the contract until `openApi` has turned it into an empty `security`. */
export const PUBLIC_EXTENSION = 'x-public';
const callers = new WeakMap<FastifyRequest, string>();

/** Opens a route or controller to everyone; such routes are throttled by address instead. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));

export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [context.getHandler(), context.getClass()]) === true;
}

/** The name of the API key that the request came with; undefined on a public route. */
export function callerOf(request: FastifyRequest): string | undefined {
  return callers.get(request);
}

/** The same, for a route that needs a key. */
export const CallerName = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const name = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (name === undefined) throw new Unauthorized();
  return name;
});

/** Every route needs a key unless it says that it is public: what is forgotten stays closed. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (isPublic(this.reflector, context)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [, key] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const name = key && this.keys.nameOf(key);
    if (!name) throw new Unauthorized();
    callers.set(request, name);
    return true;
  }
}
