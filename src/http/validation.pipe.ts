import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

import { DomainError } from '../kernel/index.js';

interface Fault {
  /** JSON pointer into the body. */
  readonly pointer: string;
  readonly detail: string;
}

export class InvalidRequest extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Mend what "errors" lists; /openapi.json has the schema.';
  override readonly extensions: { readonly errors: readonly Fault[] };

  constructor(errors: readonly Fault[]) {
    super('The request does not match its schema.');
    this.extensions = { errors };
  }
}

/** Values are never repeated, and names only when they look like names: either may be a phone or a code. */
function pointerTo(property: string): string {
  return /^[A-Za-z_][\w/~-]{0,39}$/.test(property) && !/\d{4}/.test(property)
    ? `#/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`
    : '#';
}

function faultOf({ property, constraints = {} }: ValidationError): Fault {
  const unknown = 'whitelistValidation' in constraints;
  const detail = unknown ? 'is not a member of this request' : Object.values(constraints).join('; ');
  return { pointer: pointerTo(property), detail: detail || 'must be an object of the documented shape' };
}

/** Bodies here are flat; what nests deeper than this would exhaust the stack of whoever walks it. */
const MAX_DEPTH = 4;

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}

/** Whether a body is refused for its depth, before anything has walked it. */
export const isTooDeep = (body: unknown): boolean => isDeeperThan(MAX_DEPTH, body);

/** Nest's pipe, which knows neither depth nor that every object has members such as `constructor`. */
class BodyPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body') {
      if (isTooDeep(value)) throw new InvalidRequest([{ pointer: '#', detail: 'is nested too deeply' }]);
      const inherited = Object.keys(Object(value) as object).find((name) => name in Object.prototype);
      if (inherited)
        throw new InvalidRequest([{ pointer: pointerTo(inherited), detail: 'is not a member of this request' }]);
    }
    return super.transform(value, metadata);
  }
}

export const validationPipe = new BodyPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
  exceptionFactory: (errors) => new InvalidRequest(errors.map(faultOf)),
});
