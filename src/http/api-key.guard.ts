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
import { ApiKeys, type Caller, type Scope } from './api-keys.js';

export class Unauthorized extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Send "Authorization: Bearer KEY" with a key of API_KEYS.';

  constructor() {
    super('A valid API key is needed here.');
  }
}

export class ScopeMissing extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Use a key that has this scope.';

  constructor(scope: Scope) {
    super(`This key has not the scope "${scope}".`);
  }
}

const PUBLIC = Symbol('public');
const SCOPE = Symbol('scope');
const NO_KEY = Symbol('no key');
/** Marks public operations in the contract until `openApi` has turned it into an empty `security`. */
export const PUBLIC_EXTENSION = 'x-public';
const callers = new WeakMap<FastifyRequest, Caller>();

/** Opens a route or controller to everyone; such routes are throttled by address instead. */
export const Public = () => applyDecorators(SetMetadata(PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));

export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [context.getHandler(), context.getClass()]) === true;
}

/** For a route with a guard of its own, which lets in whoever has something else than a key. Not throttled by address. */
export const WithoutKey = () => SetMetadata(NO_KEY, true);

/** What a key must be good for to be let in; without it, `verify`. */
export const NeedsScope = (scope: Scope) => SetMetadata(SCOPE, scope);

/** The name of the API key that the request came with; undefined on a public route. */
export function callerOf(request: FastifyRequest): string | undefined {
  return callers.get(request)?.name;
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
    const handlers = [context.getHandler(), context.getClass()];
    if (isPublic(this.reflector, context) || this.reflector.getAllAndOverride<unknown>(NO_KEY, handlers)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [, key] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const caller = key && this.keys.callerWith(key);
    if (!caller) throw new Unauthorized();
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(SCOPE, handlers) ?? 'verify';
    if (!caller.scopes.includes(scope)) throw new ScopeMissing(scope);
    callers.set(request, caller);
    return true;
  }
}
