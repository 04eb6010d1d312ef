import type { Registry } from 'prom-client';

/** The registry reads no more of a metric than this. */
interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

interface Told {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Series at most; what comes after them is counted under "other". */
  readonly most: number;
}

type Branch<Cell> = Map<string, Branch<Cell> | Cell>;
const OTHER = 'other';

/**
 * A metric whose cells are counted in place, and read when Prometheus asks: prom-client would put the labels together as a
 * text with every count. However many values the labels get, there are no more series than `most`, and one for the rest.
 */
abstract class Family<Cell> {
  private readonly root: Branch<Cell> = new Map();
  private readonly cells: { readonly labels: Readonly<Record<string, string>>; readonly cell: Cell }[] = [];
  private rest: Cell | undefined;

  constructor(
    type: 'counter' | 'histogram',
    protected readonly told: Told,
    registry: Registry,
  ) {
    const { name, help } = told;
    const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: this.values() } as unknown);
    registry.registerMetric({ name, help, get, reset: () => undefined } as unknown as never);
  }

  /** The cell of these label values, in the order of the labels. */
  at(...values: readonly string[]): Cell {
    let branch = this.root;
    const last = values.length - 1;
    for (let i = 0; i < last; i++) {
      const next = branch.get(values[i]!) as Branch<Cell> | undefined;
      if (!next) return this.grow(values);
      branch = next;
    }
    return (branch.get(values[last] ?? '') as Cell | undefined) ?? this.grow(values);
  }

  protected abstract make(): Cell;
  protected abstract samples(cell: Cell, labels: Readonly<Record<string, string>>): readonly Sample[];

  private grow(values: readonly string[]): Cell {
    if (this.cells.length >= this.told.most) return (this.rest ??= this.add(values.map(() => OTHER)));
    let branch = this.root;
    for (const value of values.slice(0, -1)) {
      let next = branch.get(value) as Branch<Cell> | undefined;
      if (!next) branch.set(value, (next = new Map()));
      branch = next;
    }
    const cell = this.add(values);
    branch.set(values.at(-1) ?? '', cell);
    return cell;
  }

  private add(values: readonly string[]): Cell {
    const labels = Object.fromEntries(this.told.labels.map((label, index) => [label, values[index] ?? '']));
    const cell = this.make();
    this.cells.push({ labels, cell });
    return cell;
  }

  private values(): readonly Sample[] {
    return this.cells.flatMap(({ cell, labels }) => this.samples(cell, labels));
  }
}

export class Count {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

/** Of things that happened. */
export class Counts extends Family<Count> {
  constructor(told: Told, registry: Registry) {
    super('counter', told, registry);
    if (told.labels.length === 0) this.at(); // 0 is an answer, too
  }

  protected make(): Count {
    return new Count();
  }

  protected samples({ value }: Count, labels: Readonly<Record<string, string>>): readonly Sample[] {
    return [{ labels, value }];
  }
}

export class Times {
  readonly inBucket: Float64Array;
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.inBucket = new Float64Array(bounds.length + 1);
  }

  observe(secs: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && secs > this.bounds[bucket]!) bucket++;
    this.inBucket[bucket]!++;
    this.sum += secs;
  }
}

/** Of seconds that things took. */
export class Durations extends Family<Times> {
  /** @param bounds of the buckets, in seconds, growing */
  constructor(
    told: Told,
    registry: Registry,
    private readonly bounds: readonly number[],
  ) {
    super('histogram', told, registry);
  }

  protected make(): Times {
    return new Times(this.bounds);
  }

  protected samples({ inBucket, sum }: Times, labels: Readonly<Record<string, string>>): readonly Sample[] {
    const { name } = this.told;
    let count = 0;
    const buckets = [...this.bounds, '+Inf'].map((le, index) => {
      count += inBucket[index]!;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
