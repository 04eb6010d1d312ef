import { DomainError, StartRefusal } from './kernel/index.js';

/** Exit codes of sysexits.h: EX_USAGE that a command was asked for what cannot be; EX_CONFIG tells a supervisor that trying again is of no use, EX_UNAVAILABLE that it may be. */
const EX_USAGE = 64;
const EX_CONFIG = 78;
const EX_UNAVAILABLE = 69;

/** Why the program could not start. What the operator can mend is told in words; only a bug shows its stack. */
export function explain(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof StartRefusal) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof DomainError) {
    const cause = error.cause instanceof Error ? ` Cause: ${error.cause.message || error.cause.name}.` : '';
    return {
      message: `${error.message}${cause}\n${hintOf(error)}`,
      exitCode: error.kind === 'unavailable' ? EX_UNAVAILABLE : EX_USAGE,
    };
  }
  const { code, port, syscall } = (error ?? {}) as { code?: unknown; port?: unknown; syscall?: unknown };
  if (code === 'EADDRINUSE')
    return {
      message: `Port ${String(port)} is taken: stop what listens there, or set PORT.`,
      exitCode: EX_UNAVAILABLE,
    };
  if (code === 'EACCES' && syscall === 'listen')
    return { message: `Port ${String(port)} is not ours to take: set PORT to 1024 or more.`, exitCode: EX_CONFIG };
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return {
      message: 'HOST is no address of this machine: set it to 127.0.0.1, 0.0.0.0 or one that is.',
      exitCode: EX_CONFIG,
    };
  if (syscall === 'mkdir' || syscall === 'open')
    return {
      message: `DATA_DIR cannot be used (${String(code)}): make it a folder that can be written.`,
      exitCode: EX_CONFIG,
    };
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}

function hintOf(error: DomainError): string {
  return error.code === 'DATABASE_UNAVAILABLE'
    ? 'Check DATABASE_URL, and that its server is up and lets us in.'
    : (error.hint ?? '');
}
