import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  Optional,
  SetMetadata,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { DomainError } from '../kernel/index.js';
import { ApiKeys } from './api-keys.js';
import { bearerOf } from './bearer.js';
import type { Caller, Scope } from './caller.js';
import { OperatorSessions } from './operator-sessions.js';

export class Unauthorized extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';
  override readonly hint =
    'Send "Authorization: Bearer KEY" with a key of API_KEYS, or one made by: npm run cli -- keys create';

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

/** How the contract calls the two ways to be let in. */
export const API_KEY_SECURITY = 'apiKey';
export const SESSION_SECURITY = 'adminSession';

/** What a key must be good for to be let in; without it, `verify`. `admin` also lets in who signed in as an operator. */
export const NeedsScope = (scope: Scope) =>
  scope === 'admin'
    ? applyDecorators(SetMetadata(SCOPE, scope), ApiSecurity(API_KEY_SECURITY), ApiSecurity(SESSION_SECURITY))
    : SetMetadata(SCOPE, scope);

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
    @Optional() private readonly sessions?: OperatorSessions,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const handlers = [context.getHandler(), context.getClass()];
    if (isPublic(this.reflector, context) || this.reflector.getAllAndOverride<unknown>(NO_KEY, handlers)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(SCOPE, handlers) ?? 'verify';
    const caller = this.callerOf(request, scope);
    // No promise for a key that is known: this runs with every request.
    return caller instanceof Promise
      ? caller.then((found) => letIn(request, found, scope))
      : letIn(request, caller, scope);
  }

  /** A cookie counts where operators' routes are, and only without a key: a browser sends it by itself. */
  private callerOf(request: FastifyRequest, scope: Scope) {
    const { authorization, cookie } = request.headers;
    if (authorization) {
      const key = bearerOf(authorization);
      return key === undefined ? undefined : this.keys.callerWith(key);
    }
    return scope === 'admin' && cookie !== undefined ? this.sessions?.callerOf(request) : undefined;
  }
}

function letIn(request: FastifyRequest, caller: Caller | undefined, scope: Scope): true {
  if (!caller) throw new Unauthorized();
  if (!caller.scopes.includes(scope)) throw new ScopeMissing(scope);
  callers.set(request, caller);
  return true;
}
