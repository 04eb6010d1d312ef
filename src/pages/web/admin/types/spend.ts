export interface Spend {
  readonly day: string;
  readonly capUsd: number;
  readonly keptForKnownUsd: number;
  readonly heldUsd: number;
  readonly bookedUsd: number;
  readonly reservedUsd: number;
  readonly byProvider: readonly {
    readonly provider: string;
    readonly country: string;
    readonly texts: number;
    readonly usd: number;
  }[];
  readonly byChannel: readonly { readonly channel: string; readonly texts: number; readonly usd: number }[];
  readonly byHour: readonly { readonly hour: string; readonly texts: number; readonly usd: number }[];
}
