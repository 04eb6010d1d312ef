export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description?: string;
  readonly createdAt: string;
  readonly failingSince?: string;
  readonly disabledAt?: string;
  readonly disabledReason?: string;
}

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly tries: number;
  readonly createdAt: string;
  readonly nextTryAt?: string;
  readonly deliveredAt?: string;
  readonly lastStatus?: number;
  readonly lastError?: string;
}
