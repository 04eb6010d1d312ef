import { JsonLogger } from '../http/index.js';

/** Without Nest's own word on a start that failed: the command says it, and how to mend it. */
export class CommandLogger extends JsonLogger {
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== 'ExceptionHandler') super.error(message, ...rest);
  }
}
