/** One thing that happened; which members it has depends on its kind. */
export interface Step {
  readonly at: string;
  readonly kind: string;
  readonly channel?: string;
  readonly locale?: string;
  readonly template?: string;
  readonly templateVersion?: number;
  readonly variant?: string;
  readonly resend?: boolean;
  readonly status?: string;
  readonly provider?: string;
  readonly sender?: string;
  readonly route?: string;
  readonly followUp?: true;
  readonly outcome?: string;
  readonly fault?: string;
  readonly latencyMs?: number;
  readonly cost?: number;
  readonly report?: string;
  readonly reportCode?: string;
  readonly notOnChannel?: true;
  readonly mode?: string;
  readonly verdict?: string;
  readonly reason?: string;
  readonly level?: string;
  readonly challenge?: string;
  readonly known?: true;
  readonly lineType?: string;
  readonly country?: string;
  readonly checks?: number;
  readonly maxChecks?: number;
  readonly left?: number;
  readonly reserved?: number;
  readonly approximate?: true;
}
