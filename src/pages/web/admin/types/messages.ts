import type { Step } from './step';

export interface MessageRow {
  readonly id: string;
  readonly verificationId: string | null;
  readonly status: string;
  readonly phone: string;
  readonly country: string | null;
  readonly channel: string;
  readonly locale: string | null;
  readonly template: string;
  readonly variant: string | null;
  readonly provider: string | null;
  readonly attempts: number;
  readonly cost: number;
  readonly createdAt: string;
}

export interface MessageWay extends MessageRow {
  readonly timeline: readonly Step[];
}
