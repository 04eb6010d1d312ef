import { setImmediate as nextTurn } from 'node:timers/promises';

import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import { DatabaseError } from 'pg';

import type { Clock } from '../kernel/index.js';
import { DatabaseUnavailable } from './database.js';
import { MOST_TOGETHER } from './records.js';

/** Nobody waits longer for others than that: theirs may have met with a row that somebody holds. */
const PATIENCE_MS = 50;

export interface Numbered {
  /** Of the item that it is about, in the order in which they were given. */
  readonly n: number;
}

/**
 * One statement for what comes together. Where there is one at a time, each goes at once, by itself; what comes while others
 * are under way waits for them and goes together, so that the more there is, the less each costs: one plan, one lock of what all
 * of them need, one commit.
 */
export class Together<Item, Row extends Numbered> {
  /** An answer may have to be waited for longer than those of others. */
  private readonly waiting: DataLoader<Item, { readonly answer: Promise<Row | undefined> }>;

  /**
   * @param ask about one or many; a row for those only of which there is one. What gets none among others is asked
   * about once more, alone, and so is each of many when one of them fails
   * @param atOnce statements under way
   */
  constructor(
    private readonly ask: (items: readonly Item[]) => Promise<readonly Row[]>,
    clock: Pick<Clock, 'wait'>,
    atOnce = 1,
  ) {
    const turns = pLimit(atOnce);
    let underWay: Promise<unknown> = Promise.resolve();
    this.waiting = new DataLoader(
      (items) => {
        const rows = this.ask(items);
        underWay = Promise.race([rows.catch(() => undefined), clock.wait(PATIENCE_MS)]);
        return this.answersTo(items, rows);
      },
      {
        cache: false,
        maxBatchSize: MOST_TOGETHER,
        // All that arrived in one turn of the event loop has arrived together.
        batchScheduleFn: (begin) =>
          void turns(async () => {
            await nextTurn();
            begin();
            await underWay;
          }),
      },
    );
  }

  /** Undefined when there is no row. @throws what the statement throws */
  async about(item: Item): Promise<Row | undefined> {
    return (await this.waiting.load(item)).answer;
  }

  private async answersTo(items: readonly Item[], asked: Promise<readonly Row[]>) {
    if (items.length === 1) return [{ answer: asked.then(([row]) => row) }];
    const rows = await asked.catch((error: unknown): readonly Row[] => {
      if (error instanceof DatabaseUnavailable && !isDeadlock(error)) throw error;
      return []; // what one of them met with is not the others' fault
    });
    const answers = new Map(rows.map((row) => [row.n, row]));
    return items.map((item, n) => {
      const row = answers.get(n);
      return { answer: row ? Promise.resolve(row) : this.ask([item]).then(([own]) => own) };
    });
  }
}

const isDeadlock = ({ cause }: DatabaseUnavailable) => cause instanceof DatabaseError && cause.code === '40P01';
