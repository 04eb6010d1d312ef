import type { SenderFault } from './own-sender.js';

/** What a network says became of one text. Reports come late, twice and in any order. */
export interface DeliveryReport {
  /** Ours, where the provider repeats it. */
  readonly attemptId?: string;
  readonly providerMessageId?: string;
  /** E.164, where the provider repeats neither of ours and its answer to us may have been lost. */
  readonly phone?: string;
  /** accepted: the provider has it. sent: the network has it. */
  readonly status: 'accepted' | 'sent' | 'delivered' | 'undelivered' | 'failed';
  /** The provider's own code or reason for a failure: short, no prose, no phone. */
  readonly code?: string;
  /** Of a failure: whether another provider may do better. */
  readonly curable?: boolean;
  /** Of a failure: the phone is not to be reached by this channel at all, by another it may: no WhatsApp there, a landline. */
  readonly notOnChannel?: boolean;
  /** The person asked for no more texts. */
  readonly optedOut?: boolean;
  /** Of a failure: what it says of our sender. */
  readonly senderFault?: SenderFault;
  /** What the provider charged, in millionths of a dollar. */
  readonly costMicros?: number;
}

/** An HTTP request that claims to be a provider's. */
export interface ReportRequest {
  /** Path and query, as received. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** From the path, where there is one. */
  readonly attemptId?: string;
}

/** Nobody proved to be the provider. Its message is logged: no part of the request. */
export class ReportRefused extends Error {
  override readonly name = 'ReportRefused';
}

/** The provider, beyond doubt, but what it says cannot be read. Its message goes back to it. */
export class ReportUnreadable extends Error {
  override readonly name = 'ReportUnreadable';
}

/** A provider that tells us over HTTP what became of its texts. */
export interface ReportsDelivery {
  /** Empty for what is authentic and says nothing about a text. @throws {ReportRefused | ReportUnreadable} */
  readReports(request: ReportRequest): readonly DeliveryReport[] | Promise<readonly DeliveryReport[]>;
}

export const reportsDelivery = <P extends object>(provider: P): provider is P & ReportsDelivery =>
  typeof (provider as Partial<ReportsDelivery>).readReports === 'function';
