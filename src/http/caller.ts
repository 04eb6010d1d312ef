/** What a key may be used for: verifications, texts and their timelines, or what operators do. */
export const SCOPES = ['verify', 'message', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a request comes from, and what it may do. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
}
