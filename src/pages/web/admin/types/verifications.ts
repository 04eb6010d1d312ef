import type { Step } from './step';

export interface VerificationRow {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'expired' | 'canceled' | 'failed';
  readonly phone: string;
  readonly country: string | null;
  readonly purpose: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly sends: number;
  readonly checks: number;
  readonly maxChecks: number;
  readonly delivery: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

export interface VerificationWay extends VerificationRow {
  readonly timeline: readonly Step[];
}
