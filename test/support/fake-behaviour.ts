export type Behaviour =
  | { readonly kind: 'ok' }
  | { readonly kind: 'latency'; readonly ms: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'reject'; readonly code: string; readonly status?: number }
  | { readonly kind: 'accept-then-status'; readonly status: number }
  | { readonly kind: 'accept-then-silence' }
  | { readonly kind: 'accept-then-reset' }
  | { readonly kind: 'reset-mid-body' }
  | { readonly kind: 'slow-loris' }
  | { readonly kind: 'html' }
  | { readonly kind: 'huge-body' }
  | { readonly kind: 'gzip-bomb' }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  | { readonly kind: 'bad-id' }
  | { readonly kind: 'blackhole' };

/** Behaviours that never put the message in the ledger. */
export type Refusing = Extract<Behaviour, { kind: 'status' | 'reject' | 'redirect' | 'blackhole' }>;
export type Accepting = Exclude<Behaviour, Refusing>;

const ACCEPTS: Readonly<Record<Behaviour['kind'], boolean>> = {
  ok: true,
  latency: true,
  status: false,
  reject: false,
  'accept-then-status': true,
  'accept-then-silence': true,
  'accept-then-reset': true,
  'reset-mid-body': true,
  'slow-loris': true,
  html: true,
  'huge-body': true,
  'gzip-bomb': true,
  redirect: false,
  'bad-id': true,
  blackhole: false,
};

export const isAccepting = (behaviour: Behaviour): behaviour is Accepting => ACCEPTS[behaviour.kind];
export const isBehaviour = (value: unknown): value is Behaviour =>
  typeof value === 'object' && value !== null && Object.hasOwn(ACCEPTS, String((value as { kind?: unknown }).kind));
