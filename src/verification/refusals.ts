import { budgetRefusal } from '../fraud/index.js';
import type { DomainError } from '../kernel/index.js';
import type { Refused } from '../prisma/index.js';
import { CostLimitReached, PhoneTakesNoGuesses } from './verification.errors.js';

type Detail = Refused['detail'];

/** What `guesses_refusal` says. */
export function noGuesses({ limit, retryAfter }: Detail): PhoneTakesNoGuesses {
  return new PhoneTakesNoGuesses(String(limit), typeof retryAfter === 'number' ? retryAfter : undefined);
}

/** What each gate of a statement means to whoever asked. */
const REFUSALS: Readonly<Record<string, (detail: Detail) => DomainError>> = {
  budget: budgetRefusal,
  guesses: noGuesses,
  cost: ({ retryAfter }) => new CostLimitReached(Number(retryAfter)),
};

/** @throws {Error} for a gate that nobody knows */
export function refusalOf({ gate, detail }: Refused): DomainError {
  const refusal = REFUSALS[gate];
  if (!refusal) throw new Error(`no refusal is known for the gate "${gate}"`);
  return refusal(detail);
}
