export interface Country {
  readonly country: string;
  readonly started: number;
  readonly approved: number;
  readonly conversion: number | null;
  readonly blocked: number;
  readonly cost: number;
  readonly prefixes: readonly { readonly level: string; readonly blockedUntil: string; readonly strikes: number }[];
  readonly unblock: { readonly body: { readonly country: string } } | null;
}
