export interface Sender {
  readonly provider: string;
  readonly sender: string;
  readonly kind: 'number' | 'short-code' | 'name';
  readonly country: string | null;
  readonly areaCode: string | null;
  readonly rule: 'forbidden' | 'registration' | null;
  readonly resting: { readonly since: string; readonly until: string; readonly reason: string } | null;
  readonly sent: number;
  readonly deliveredShare: number | null;
}
