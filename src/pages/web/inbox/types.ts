/** As the API answers it: see /docs. */
export interface Message {
  readonly id: string;
  readonly phone: string;
  readonly provider: string;
  readonly channel: string;
  readonly body: string;
  readonly code?: string;
  readonly locale?: string;
  readonly outcome: string;
  readonly because?: 'plan' | 'scenario';
  readonly state: 'refused' | 'on_its_way' | 'arrived' | 'lost';
  readonly receivedAt: string;
  readonly arrivedAt?: string;
  readonly reports: readonly { readonly status: string; readonly code?: string; readonly at: string }[];
}

export interface Attempt {
  readonly provider: string;
  readonly channel: string;
  readonly outcome: string;
  readonly fault?: string;
  readonly followUp?: true;
  readonly route?: string;
  readonly report?: string;
  readonly reportCode?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly reportedAt?: string;
}

export interface WithTimeline extends Message {
  readonly timeline?: { readonly id: string; readonly status: string; readonly attempts: readonly Attempt[] };
}

export interface Plan {
  readonly id: string;
  readonly outcome: string;
  readonly phone?: string;
  readonly times: number;
}

export interface Scenario {
  readonly number: string;
  readonly outcome: string;
  readonly at: 'first' | 'all';
  readonly about: string;
}
