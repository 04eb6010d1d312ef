import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { callerOf, Unauthorized } from './api-key.guard.js';
import { widerNetworkOf } from './network.js';

/** Who does something that is written down. */
export interface Operator {
  readonly name: string;
  /** Where from, without the part that tells one person from another; null: the command line. */
  readonly network: string | null;
}

export const operatorAt = (name: string, { ip }: FastifyRequest): Operator => ({ name, network: widerNetworkOf(ip) });

/** Who sent the request, of a route that needs the scope `admin`. */
export const ByOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const name = callerOf(request);
  if (name === undefined) throw new Unauthorized();
  return operatorAt(name, request);
});
