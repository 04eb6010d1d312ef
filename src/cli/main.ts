#!/usr/bin/env node
import { CommanderError } from 'commander';

import { explain } from '../explain.js';
import { DomainError } from '../kernel/index.js';
import { buildProgram } from './program.js';

/** Of sysexits.h: what was typed is wrong. */
const EX_USAGE = 64;
/** The same: what is needed cannot be had now. */
const EX_UNAVAILABLE = 69;
const isMistyped = (error: unknown) => error instanceof DomainError && error.kind === 'invalid';

// Whoever reads along, such as head, may have read enough.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    console.error(`What was to be shown cannot be written: ${error.code ?? error.message}.`);
    process.exit(EX_UNAVAILABLE);
  });

try {
  await buildProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what is wrong; asking for help is not wrong.
    process.exitCode = error.exitCode === 0 ? 0 : EX_USAGE;
  } else {
    const { message, exitCode } = explain(error);
    console.error(message);
    process.exitCode = isMistyped(error) ? EX_USAGE : exitCode;
  }
}
