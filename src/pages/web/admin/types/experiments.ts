export interface Experiment {
  readonly id: string;
  readonly template: string;
  readonly locale?: string;
  readonly status: 'running' | 'decided' | 'stopped';
  readonly rule: string;
  readonly winner?: string;
  readonly proposal?: string;
  readonly createdBy: string;
  readonly startsAt: string;
  readonly endedAt?: string;
  readonly minimumSample: number;
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly accepted: number;
    readonly approved: number;
    readonly conversion: number | null;
    readonly conversionInterval: readonly number[] | null;
    readonly difference: number | null;
    readonly differenceInterval: readonly number[] | null;
    readonly decision: string;
  }[];
  readonly warnings: readonly string[];
}
