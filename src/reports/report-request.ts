import type { FastifyRequest } from 'fastify';

import type { ReportRequest } from '../sms/index.js';

/** As it came in: what signatures are about. */
export function toReportRequest({ raw, body }: FastifyRequest, attemptId?: string): ReportRequest {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return { url: raw.url ?? '', headers: raw.headers, body: bytes, ...(attemptId !== undefined && { attemptId }) };
}
