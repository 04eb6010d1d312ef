import type { Source } from '../../../src/kernel/index.js';
import { start, type Exit, type Program, type StartOptions } from '../process.js';

/** One process, from its start to its end. Times are milliseconds of this process' `performance.now()`. */
export interface Life {
  readonly program: Program;
  end?: { readonly at: number; readonly by: 'SIGKILL' | 'SIGTERM'; exit?: Exit };
}

/** Several processes of the program; each place keeps its last one, dead or alive, until the next is there. */
export class Fleet {
  readonly lives: Life[] = [];
  private readonly places: Life[] = [];

  constructor(
    private readonly env: Source,
    private readonly options: StartOptions,
  ) {}

  get size(): number {
    return this.places.length;
  }

  at(place: number): Life {
    return this.places[place % this.size] as Life;
  }

  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, place) => this.fill(place)));
  }

  /** Ends one process, and starts another in its place. */
  async replace(place: number, by: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const life = this.at(place);
    life.end = { at: performance.now(), by };
    life.end.exit = await life.program.stop(by);
    await this.fill(place);
  }

  private async fill(place: number): Promise<void> {
    const life = { program: await start(this.env, this.options) };
    this.lives.push(life);
    this.places[place] = life;
  }
}
