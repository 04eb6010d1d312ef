import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

import { frameworkProblem } from './problem.js';

/** Addresses that the router cannot read; it answers them before any hook or filter runs. */
export function onUnreadableAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = { ...frameworkProblem(error.statusCode ?? 400), instance: `urn:uuid:${request.id}` };
  void reply.header('x-request-id', request.id).status(problem.status).type('application/problem+json').send(problem);
}

const STATUS_OF: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** What is no HTTP at all; there is no request yet, only a socket. */
export function onUnreadableRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const body = JSON.stringify(frameworkProblem(status));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
