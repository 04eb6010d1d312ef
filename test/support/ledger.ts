export interface LedgerEntry {
  readonly id: string;
  readonly to: string;
  readonly body: string;
  /** sms, where it is not said. */
  readonly channel?: 'sms' | 'whatsapp' | 'voice';
  readonly from?: string;
  readonly validitySecs?: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly at: number;
}

/** A message that was read off the wire and not yet accepted. */
export type Draft = Omit<LedgerEntry, 'id' | 'at'>;

export const E164 = /^\+[1-9]\d{6,14}$/;
