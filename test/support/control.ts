import { type Behaviour, isBehaviour } from './fake-behaviour.js';
import type { LedgerEntry } from './ledger.js';
import { type Answer, type WireRequest, json, text } from './wire.js';

export interface Controlled {
  readonly ledger: LedgerEntry[];
  pingsFail: boolean;
  behave(behaviour: Behaviour, times?: number): void;
  down(): void;
  heal(): void;
}

const DONE: Answer = { status: 204, body: '' };

/** The remote control of a fake that runs in another process. */
export function control(fake: Controlled, { method, path, body }: WireRequest): Answer {
  switch (`${method} ${path}`) {
    case 'POST /_control':
      return command(fake, body);
    case 'GET /_ledger':
      return json(200, fake.ledger);
    case 'DELETE /_ledger':
      fake.ledger.length = 0;
      return DONE;
    default:
      return text(404, 'no such control');
  }
}

function command(fake: Controlled, body: string): Answer {
  let order: Record<string, unknown>;
  try {
    order = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return text(400, 'not JSON');
  }
  const { behaviour, times, pingsFail, down, heal } = order;
  if (behaviour !== undefined && !isBehaviour(behaviour)) return text(400, 'unknown behaviour');
  if (heal === true) fake.heal();
  if (down === true) fake.down();
  if (behaviour !== undefined) fake.behave(behaviour, typeof times === 'number' ? times : undefined);
  if (typeof pingsFail === 'boolean') fake.pingsFail = pingsFail;
  return DONE;
}
