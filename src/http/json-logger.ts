import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

import { scrub } from './scrub.js';
import { requestAtHand } from './request-context.js';

/** Contexts in which Nest lists every module and route at start. */
const INVENTORY: ReadonlySet<unknown> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/**
 * Nest's logger over pino: one JSON object a line, with the request's id. Only texts are logged, never objects, and every
 * line is scrubbed of phones and tokens on its way out, whoever wrote it.
 */
export class JsonLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(level: string, destination?: DestinationStream) {
    const options = {
      level,
      base: undefined,
      formatters: { level: (label: string) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => requestAtHand() ?? {},
      hooks: { streamWrite: scrub },
    };
    this.pino = destination ? pino(options, destination) : pino(options);
  }

  log(message: unknown, ...rest: unknown[]): void {
    const said = fields(rest);
    this.pino[INVENTORY.has(said.context) ? 'debug' : 'info'](said, text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.pino.error(fields(rest), text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.pino.warn(fields(rest), text(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.pino.debug(fields(rest), text(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.pino.trace(fields(rest), text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.pino.fatal(fields(rest), text(message));
  }
}

/** Nest passes the context last, and an error's stack before it. */
function fields(rest: readonly unknown[]): { context?: unknown; stack?: unknown } {
  const texts = rest.filter((item) => typeof item === 'string');
  const context = texts.at(-1);
  const stack = texts.length > 1 ? texts[0] : undefined;
  return { ...(context && { context }), ...(stack && { stack }) };
}

function text(message: unknown): string {
  return message instanceof Error ? `${message.name}: ${message.message}` : String(message);
}
