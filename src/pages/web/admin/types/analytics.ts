export interface Figures {
  readonly sent: number;
  readonly delivered: number;
  readonly approved: number;
  readonly conversion: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly costUsd: number;
  readonly costPerApprovalUsd: number | null;
}

export type Dimension = 'provider' | 'country' | 'template' | 'variant' | 'channel' | 'day' | 'hour';

export interface Analytics {
  readonly from: string;
  readonly to: string;
  readonly by: readonly Dimension[];
  readonly countedAt: string | null;
  readonly rows: readonly (Figures & Readonly<Partial<Record<Dimension, string>>>)[];
  readonly total: Figures;
  readonly truncated: boolean;
}
