export interface Act {
  readonly id: string;
  readonly at: string;
  readonly who: string;
  readonly act: string;
  readonly subject?: string;
  readonly network?: string;
}
