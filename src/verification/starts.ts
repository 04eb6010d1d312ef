import type { Gate } from '../fraud/index.js';
import { IdempotencyConflict } from '../idempotency/index.js';
import type { Clock } from '../kernel/index.js';
import { isDuplicate, recordsIn, Together, valuesFor, type Database } from '../prisma/index.js';
import {
  START,
  START_GUARDED,
  START_GUARDED_UNCOUNTED,
  START_UNCOUNTED,
  type StartColumns,
  type StartedRow,
  type StartParameters,
} from './start.sql.js';

/** More of them would wait for each other: all of a day reserve what they may cost in one row. */
const AT_ONCE = 2;

/** One start, and what it is measured by. */
export interface NewStart extends Omit<StartParameters, 'starts'> {
  readonly columns: StartColumns;
}

/** What this run makes is there already: another execution of it, which was thought dead, has made it meanwhile. */
export function conflicting(error: unknown): never {
  throw isDuplicate(error) ? new IdempotencyConflict() : error;
}

/** Writes starts, those that come together in one statement. */
export class Starts {
  private readonly together: Together<NewStart, StartedRow>;

  constructor(
    private readonly database: Database,
    clock: Clock,
  ) {
    this.together = new Together((starts) => this.write(starts), clock, AT_ONCE);
  }

  /** Undefined when its limits refuse it. @throws {IdempotencyConflict | Refused | DatabaseUnavailable} */
  open(start: NewStart, { isAsked, ...gate }: Gate): Promise<StartedRow | undefined> {
    return (isAsked ? this.writeGuarded(start, gate) : this.together.about(start)).catch(conflicting);
  }

  private write(starts: readonly NewStart[]): Promise<StartedRow[]> {
    const statement = starts[0]!.quotas ? START : START_UNCOUNTED;
    return this.database.query<StartedRow>(statement, valuesFor(statement, parametersOf(starts)));
  }

  /** Each by itself, as the budgets of its number are asked in order. */
  private async writeGuarded(start: NewStart, gate: Omit<Gate, 'isAsked'>): Promise<StartedRow | undefined> {
    const statement = start.quotas ? START_GUARDED : START_GUARDED_UNCOUNTED;
    const { phone_key } = start.columns;
    const values = valuesFor(statement, { ...parametersOf([start]), ...gate, phone_key });
    const [row] = await this.database.query<StartedRow>(statement, values);
    return row;
  }
}

/** What all of them are measured by is the same: the limits, the cap and the clock of this process. */
function parametersOf(starts: readonly NewStart[]): StartParameters {
  const { columns: _, ...measure } = starts[0]!;
  return { ...measure, starts: recordsIn(starts.map(({ columns }) => columns)) };
}
